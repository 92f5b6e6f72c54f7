//! Which part of Flashpoint's listing a sync must cover, and how far it is covered.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// How far a window reaches back behind the checkpoint, for reports that were indexed late.
/// Never more than the lookback.
pub const OVERLAP: Duration = Duration::from_hours(6);

/// How far ahead of the service's clock a time may be and still be taken for one:
/// its `Date` header has whole seconds, and its hosts need not agree to the second.
pub const TOLERANCE: SignedDuration = SignedDuration::from_secs(60);

/// Clocks that differ by no more than this agree: Flashpoint's then counts.
const AGREEMENT: SignedDuration = SignedDuration::from_hours(1);

/// How far behind the local clock Flashpoint's may be and still be taken at its word: a `Date` of 1970 must not make a
/// window of fifty years.
const MOST_BEHIND: SignedDuration = SignedDuration::from_hours(48);

/// Where a window begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At the feed's lookback: the request says the literal `-<lookback>`.
    Lookback,
    /// Further back, at this time: after an outage, a suspension, or with a backlog.
    At(Timestamp),
}

/// What the local clock and Flashpoint's say of one moment.
///
/// Either may be wrong: the local one after a restore or without NTP, Flashpoint's for one answer of a cache. So nothing
/// that would lose a report rests on one of them alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Flashpoint's time as long as the local clock does not contradict it by more than an hour, else the local time.
    pub now: Timestamp,
    /// The earlier of both: what a checkpoint may claim, and where a window is taken to begin.
    pub earliest: Timestamp,
    /// The later of both: only what lies beyond it is in the future.
    latest: Timestamp,
}

impl Moment {
    /// The moment that the local clock calls `local`, and Flashpoint's, if it told, `service`.
    #[must_use]
    pub fn new(local: Timestamp, service: Option<Timestamp>) -> Self {
        let service = service.unwrap_or(local);
        let differs_by = service.duration_since(local).abs();
        let floor = local.checked_sub(MOST_BEHIND).unwrap_or(Timestamp::MIN);
        Self {
            now: if differs_by <= AGREEMENT {
                service
            } else {
                local
            },
            earliest: local.min(service.max(floor)),
            latest: local.max(service),
        }
    }

    /// Whether a recorded time lies in the future by both clocks: it was set by a clock that was wrong.
    fn is_future(&self, time: Timestamp) -> bool {
        time.duration_since(self.latest) > TOLERANCE
    }

    /// What was filed before this lies beyond the lookback by one clock at least: a later window may not list it again.
    #[must_use]
    pub fn out_of_reach(&self, lookback: Duration) -> Timestamp {
        self.latest.checked_sub(lookback).unwrap_or(Timestamp::MIN)
    }

    /// Where the lookback begins; by the earlier clock, so that the window is never narrower.
    fn floor(&self, lookback: Duration) -> Timestamp {
        self.earliest
            .checked_sub(lookback)
            .unwrap_or(Timestamp::MIN)
    }
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
    /// Where the next window begins. A checkpoint in the future counts as absent. It begins no later than the lookback
    /// does, whichever clock is right.
    #[must_use]
    pub fn start(&self, lookback: Duration, moment: Moment) -> Start {
        let past = |time: &Timestamp| !moment.is_future(*time);
        let overlap = OVERLAP.min(lookback);
        let uncovered = self
            .covered_to
            .filter(past)
            .and_then(|time| time.checked_sub(overlap).ok());
        let earliest = self.since.filter(past).into_iter().chain(uncovered).min();
        match (earliest, moment.latest.checked_sub(lookback)) {
            (Some(time), Ok(floor)) if time < floor => Start::At(time.min(moment.floor(lookback))),
            _ => Start::Lookback,
        }
    }

    /// The checkpoint after everything that was listed at `time` has been handled. It moves back only from the future.
    #[must_use]
    pub fn covered(&self, time: Timestamp, moment: Moment) -> Self {
        let past = |time: &Timestamp| !moment.is_future(*time);
        Self {
            since: None,
            covered_to: self.covered_to.filter(past).max(Some(time)),
        }
    }

    /// The checkpoint after a sync that left work in the window beginning at `from`: pinned there.
    #[must_use]
    pub fn pinned(&self, from: Timestamp, moment: Moment) -> Self {
        let past = |time: &Timestamp| !moment.is_future(*time);
        Self {
            since: Some(
                self.since
                    .filter(past)
                    .map_or(from, |since| since.min(from)),
            ),
            covered_to: self.covered_to.filter(past),
        }
    }

    /// The checkpoint of a feed that gives up what lies before its lookback: the next window is the lookback.
    #[must_use]
    pub fn given_up(&self, lookback: Duration, moment: Moment) -> Self {
        let overlap = OVERLAP.min(lookback);
        let covered_to = moment
            .latest
            .checked_sub(lookback.saturating_sub(overlap))
            .ok();
        Self {
            since: None,
            covered_to: self.covered_to.max(covered_to),
        }
    }
}

impl Start {
    /// Whether a listing that was asked for from here serves as one from `right`.
    #[must_use]
    pub fn covers(self, right: Self) -> bool {
        match (self, right) {
            (Self::Lookback, Self::Lookback) => true,
            (Self::At(asked), Self::At(right)) => asked.duration_since(right) <= TOLERANCE,
            _ => false,
        }
    }

    /// Whether it lies before this lookback.
    #[must_use]
    pub fn reaches_beyond(self, lookback: Duration, moment: Moment) -> bool {
        match self {
            Self::Lookback => false,
            Self::At(time) => time < moment.floor(lookback),
        }
    }

    /// The time that the window begins at.
    #[must_use]
    pub fn time(self, lookback: Duration, moment: Moment) -> Timestamp {
        match self {
            Self::Lookback => moment.floor(lookback),
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

    /// A moment at which both clocks say the same.
    fn both(text: &str) -> Moment {
        Moment::new(at(text), Some(at(text)))
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
            Window::default().start(DAY, both("2026-01-02T00:00:00Z")),
            Start::Lookback
        );
    }

    #[test]
    fn within_the_lookback_the_literal_serves() {
        let now = both("2026-01-02T00:00:00Z");
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
        let now = both("2026-01-10T00:00:00Z");
        assert_eq!(
            covered_to("2026-01-03T12:00:00Z").start(DAY, now),
            Start::At(at("2026-01-03T06:00:00Z"))
        );
    }

    #[test]
    fn the_overlap_is_at_most_the_lookback() {
        let now = both("2026-01-10T00:00:00Z");
        assert_eq!(
            covered_to("2026-01-03T12:00:00Z").start(Duration::from_hours(1), now),
            Start::At(at("2026-01-03T11:00:00Z"))
        );
    }

    #[test]
    fn a_checkpoint_in_the_future_counts_as_absent() {
        let now = both("2026-01-02T00:00:00Z");
        let window = Window {
            since: Some(at("2027-01-01T00:00:00Z")),
            covered_to: Some(at("2027-01-01T00:00:00Z")),
        };
        assert_eq!(window.start(DAY, now), Start::Lookback);
        assert_eq!(
            window.covered(now.now, now),
            Window {
                since: None,
                covered_to: Some(now.now)
            }
        );
        assert_eq!(
            window.pinned(at("2026-01-01T00:00:00Z"), now).covered_to,
            None
        );
    }

    #[test]
    fn work_left_pins_the_start_until_it_is_done() {
        let first = both("2026-01-02T00:00:00Z");
        let pinned = Window::default().pinned(at("2026-01-01T00:00:00Z"), first);
        let later = both("2026-01-05T00:00:00Z");
        assert_eq!(
            pinned.start(DAY, later),
            Start::At(at("2026-01-01T00:00:00Z"))
        );
        assert_eq!(
            pinned.covered(later.now, later),
            Window {
                since: None,
                covered_to: Some(later.now)
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
            window.start(DAY, both("2026-01-05T00:00:00Z")),
            Start::At(at("2026-01-01T06:00:00Z"))
        );
    }

    #[test]
    fn the_checkpoint_never_moves_back() {
        let window = covered_to("2026-01-02T00:00:30Z");
        let earlier = both("2026-01-02T00:00:00Z");
        assert_eq!(window.covered(earlier.now, earlier), window);
        // What is continued was listed before.
        let now = both("2026-01-03T00:00:00Z");
        assert_eq!(window.covered(earlier.now, now), window);
    }

    /// Finding 22: one answer 12 h ahead, then an outage.
    #[test]
    fn a_date_that_is_wrong_once_moves_no_checkpoint() {
        let local = at("2026-01-02T00:00:00Z");
        for service in [
            "2026-01-02T12:00:00Z",
            "1970-01-01T00:00:00Z",
            "9999-12-30T22:00:00Z",
        ] {
            let moment = Moment::new(local, Some(at(service)));
            assert_eq!(moment.now, local, "{service}");
            let window = covered_to("2026-01-01T23:45:00Z");
            let covered = window.covered(moment.earliest, moment).covered_to.unwrap();
            assert!(
                covered <= local && covered >= at("2026-01-01T23:45:00Z"),
                "{service}"
            );
            // A new feed claims little of a time that is in doubt.
            let new = Window::default().covered(moment.earliest, moment);
            let doubt = local - MOST_BEHIND;
            assert!(
                (doubt..=local).contains(&new.covered_to.unwrap()),
                "{service}"
            );
            let next = new.start(DAY, both("2026-01-02T00:15:00Z"));
            let time = next.time(DAY, both("2026-01-02T00:15:00Z"));
            assert!(time >= doubt - SignedDuration::from_hours(6), "{service}");
        }
    }

    #[test]
    fn whichever_clock_is_wrong_the_window_is_neither_narrower_than_the_lookback_nor_past_the_checkpoint()
     {
        let truth = at("2026-01-10T00:00:00Z");
        for (since_covered, error) in [(0, 24), (0, -24), (48, 24), (48, -240), (48, 240), (3, 2)] {
            let covered = truth - SignedDuration::from_hours(since_covered);
            let window = Window {
                since: None,
                covered_to: Some(covered),
            };
            for (local, service) in [(error, 0), (0, error)] {
                let clock = |hours| truth + SignedDuration::from_hours(hours);
                let moment = Moment::new(clock(local), Some(clock(service)));
                // What the literal means is the service's own business, and its `Date` may be a cache's.
                let begins = match window.start(DAY, moment) {
                    Start::Lookback => truth - SignedDuration::from_hours(24),
                    Start::At(time) => time,
                };
                let case = format!("{since_covered} {local} {service}");
                assert!(begins <= truth - SignedDuration::from_hours(24), "{case}");
                assert!(begins <= covered, "{case}");
            }
        }
    }

    #[test]
    fn times_at_the_ends_of_the_calendar_do_no_harm() {
        for time in [Timestamp::MIN, Timestamp::MAX] {
            for other in [Timestamp::MIN, Timestamp::MAX, at("2026-01-01T00:00:00Z")] {
                let moment = Moment::new(time, Some(other));
                let window = Window {
                    since: Some(other),
                    covered_to: Some(time),
                };
                let start = window.start(DAY, moment);
                let _ = start.time(DAY, moment);
                let _ = (
                    window.covered(other, moment),
                    window.pinned(time, moment),
                    window.given_up(DAY, moment),
                );
            }
        }
    }

    #[test]
    fn a_feed_that_gives_up_goes_on_with_its_lookback() {
        let now = both("2026-01-10T00:00:00Z");
        let window = Window {
            since: Some(at("2026-01-01T00:00:00Z")),
            covered_to: Some(at("2026-01-01T06:00:00Z")),
        };
        for hours in [1, 5, 6, 24] {
            let lookback = Duration::from_hours(hours);
            let window = window.given_up(lookback, now);
            assert_eq!(window.start(lookback, now), Start::Lookback, "{hours}");
            assert_eq!(window.given_up(lookback, now), window, "{hours}");
        }
    }
}

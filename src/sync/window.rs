//! Which part of Flashpoint's listing a sync must cover, and how far it is covered.

#[cfg(test)]
mod tests;

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

/// What a `Date` may be behind the clock that it is of: it is cut to the second, and on its way for another.
const DATE_STEP: SignedDuration = SignedDuration::from_secs(2);

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

    /// Up to when reports were filed that a listing of this moment can hold: a `Date` has whole seconds only.
    #[must_use]
    pub fn listed_to(&self) -> Timestamp {
        self.now.checked_add(DATE_STEP).unwrap_or(self.now)
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

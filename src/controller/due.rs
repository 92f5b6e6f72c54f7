//! Whether a feed is due, and when it is due next: pure in what was observed and the time.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// How far ahead of the local clock a recorded start may be before the clock is taken to have
/// been set back.
const CLOCK_SLACK: SignedDuration = SignedDuration::from_mins(1);

/// How often a feed that waits for its secret looks at it: in the first minutes, when somebody is likely about to create
/// it, and later, when 1,000 such feeds must not keep the API server busy.
const SECRET_POLL: Duration = Duration::from_secs(10);
const SECRET_POLL_LATER: Duration = Duration::from_mins(1);

/// How long the first minutes last.
const SECRET_SOON: SignedDuration = SignedDuration::from_mins(3);

/// The first pause after a service's fault; it doubles with each that follows.
const FIRST_RETRY: Duration = Duration::from_secs(5);

/// After faults of a feed whose interval leaves room for one early retry in the hour: that retry, and what follows it, doubling
/// to the other.
const ONLY_EARLY_RETRY: Duration = Duration::from_mins(5);
const HOURLY_RETRY: Duration = Duration::from_hours(1);
const HOURLY_RETRY_MAX: Duration = Duration::from_hours(6);

/// Between looks at a feed that a person must mend: at least this, and at most the other.
const PERSON_RETRY_MIN: Duration = Duration::from_mins(15);
const PERSON_RETRY_MAX: Duration = Duration::from_hours(6);

/// The longest that a feed waits for its next sync: its interval, or what a service may ask for.
const LONGEST_PAUSE: Duration = Duration::from_hours(24);

/// What is known of a feed when it is decided whether it is due.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// `metadata.generation`.
    pub generation: i64,
    /// `status.observedGeneration`.
    pub told_generation: i64,
    /// `spec.suspend`.
    pub suspend: bool,
    /// `spec.interval`.
    pub interval: Duration,
    /// The value of the annotation that forces a sync.
    pub requested_at: Option<String>,
    /// `status.lastHandledReconcileAt`.
    pub handled_request: Option<String>,
    /// `status.lastAttemptTime`.
    pub last_attempt: Option<Timestamp>,
    /// `status.nextSyncTime`.
    pub next_sync: Option<Timestamp>,
    /// Since when it waits for its secret to appear or to change, where it does.
    pub waits_since: Option<Timestamp>,
    /// 0 to 1, spreads looks at secrets.
    pub jitter: f64,
}

/// What a feed is due for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// A sync, now.
    Sync {
        /// A person asked for it by annotation.
        forced: bool,
    },
    /// To be told suspended.
    Suspend,
    /// Nothing, until it is edited.
    Nothing,
    /// Nothing, until this time has passed.
    In(Duration),
    /// A look at its secret; if that has not changed, nothing until this time has passed.
    Secret(Duration),
}

/// Decides what a feed is due for.
#[must_use]
pub fn due(feed: &Observed, now: Timestamp) -> Due {
    let edited = feed.told_generation != feed.generation;
    if feed.suspend {
        return if edited { Due::Suspend } else { Due::Nothing };
    }
    let forced = feed.requested_at.is_some() && feed.requested_at != feed.handled_request;
    if edited || forced {
        return Due::Sync { forced };
    }
    // A clock that was set back, or a status that was edited by hand, must not stop a feed.
    let soon = |time: &Timestamp, pause: Duration| *time <= later(now + CLOCK_SLACK, pause);
    let set_back = feed
        .last_attempt
        .is_some_and(|time| !soon(&time, Duration::ZERO));
    let longest = feed.interval.max(LONGEST_PAUSE);
    let next = feed
        .next_sync
        .filter(|time| !set_back && soon(time, longest));
    let Some(next) = next else {
        return Due::Sync { forced: false };
    };
    match Duration::try_from(next.duration_since(now)) {
        Ok(left) if !left.is_zero() => match feed.waits_since {
            Some(since) => Due::Secret(left.min(secret_pause(since, now, feed.jitter))),
            None => Due::In(left),
        },
        _ => Due::Sync { forced: false },
    }
}

/// When a feed that waits for its secret since some time looks at it again: after 10 s, and after 3 minutes each minute
/// ± 20 %.
#[must_use]
pub fn secret_pause(since: Timestamp, now: Timestamp, jitter: f64) -> Duration {
    if now.duration_since(since) < SECRET_SOON {
        SECRET_POLL
    } else {
        SECRET_POLL_LATER.mul_f64(spread(jitter))
    }
}

/// 0.8 to 1.2 for a jitter of 0 to 1.
fn spread(jitter: f64) -> f64 {
    0.8 + 0.4 * jitter.clamp(0.0, 1.0)
}

/// When a sync that began at `started` and handled the latest reports is followed by the next.
#[must_use]
pub fn after_success(started: Timestamp, interval: Duration) -> Timestamp {
    later(started, interval)
}

/// When a feed with a service's fault is tried again, or when the service says if that is later. Over an hour a failing feed
/// calls at most twice as often as a healthy one, so there are as many early retries as there are intervals in an hour, after
/// `min(interval, 5 s · 2^n ± 20 %)`. Where that is one, it waits 5 min ± 20 %, lest it meet the same fault, and those after it
/// 1 h, 2 h, 4 h and then 6 h. No pause is longer than the interval.
///
/// `failures` counts the syncs in a row that failed before this one, `jitter` is 0 to 1.
#[must_use]
pub fn after_fault(
    now: Timestamp,
    interval: Duration,
    failures: u64,
    jitter: f64,
    retry_after: Option<Duration>,
) -> Timestamp {
    let early_retries = 3_600 / interval.as_secs().max(1);
    let spread = spread(jitter);
    let doubled = |first: Duration, times: u64| first.saturating_mul(1 << times.min(20));
    let pause = match failures {
        0 if early_retries <= 1 => ONLY_EARLY_RETRY.mul_f64(spread),
        _ if early_retries <= 1 => doubled(HOURLY_RETRY, failures - 1).min(HOURLY_RETRY_MAX),
        _ if failures < early_retries => doubled(FIRST_RETRY, failures).mul_f64(spread),
        _ => interval,
    };
    let pause = pause.min(interval);
    later(now, pause.max(retry_after.unwrap_or_default()))
}

/// When a feed that a person must mend is looked at again, if nothing changes: after
/// `max(interval, 15 m)`, doubling to 6 h with each look in vain.
#[must_use]
pub fn after_person(now: Timestamp, interval: Duration, failures: u64) -> Timestamp {
    let first = interval.max(PERSON_RETRY_MIN);
    let doubled = first.saturating_mul(1 << failures.min(20));
    later(now, doubled.min(PERSON_RETRY_MAX.max(first)))
}

fn later(time: Timestamp, pause: Duration) -> Timestamp {
    time.checked_add(pause).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;

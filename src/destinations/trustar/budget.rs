//! How many calls may be made: TruSTAR documents 60 a minute for a user and 1,000 in five minutes
//! for a network address.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::write::budget_spent;
use crate::sync::destination::DeliveryError;

/// A call that would wait longer is not made: its sync can do something else meanwhile.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// No turn is farther off: where more feeds wait, those that come last share it.
const FARTHEST_TURN: Duration = Duration::from_hours(1);

/// The most turns that are kept; a feed beyond them is told an hour at most each time anew.
const MOST_TURNS: usize = 1_000;

/// Calls in five minutes that TruSTAR documents for a network address.
const HOST_CALLS: f64 = 1_000.0;
const HOST_PERIOD: f64 = 300.0;

/// A token bucket. It may go into debt: a level below zero is calls that wait for their turn.
#[derive(Debug)]
struct Bucket {
    capacity: f64,
    per_second: f64,
    level: f64,
    at: Instant,
}

impl Bucket {
    fn full(capacity: f64, period: f64, now: Instant) -> Self {
        Self {
            capacity,
            per_second: capacity / period,
            level: capacity,
            at: now,
        }
    }

    fn refill(&mut self, now: Instant) {
        let gained = now.saturating_duration_since(self.at).as_secs_f64() * self.per_second;
        self.level = (self.level + gained).min(self.capacity);
        self.at = now;
    }

    /// The time until it holds `calls`.
    fn until(&self, calls: f64) -> Duration {
        Duration::from_secs_f64((calls - self.level).max(0.0) / self.per_second)
    }
}

/// The budget of the address that this process calls from, shared by all credentials.
#[derive(Debug)]
pub(super) struct HostBudget(Mutex<Bucket>);

impl HostBudget {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Bucket::full(
            HOST_CALLS,
            HOST_PERIOD,
            Instant::now(),
        )))
    }
}

/// The budget of one credential.
#[derive(Debug)]
pub(super) struct Budget(Mutex<Turns>);

#[derive(Debug)]
struct Turns {
    bucket: Bucket,
    /// When each feed that met a spent budget may come back, by its key; those that have passed
    /// are dropped.
    given: HashMap<String, Instant>,
}

impl Budget {
    pub(super) fn new(calls_per_minute: u32) -> Self {
        let now = Instant::now();
        Self(Mutex::new(Turns {
            bucket: Bucket::full(f64::from(calls_per_minute), 60.0, now),
            given: HashMap::new(),
        }))
    }

    /// Takes one call from both budgets, and says how long to wait before it is made.
    ///
    /// # Errors
    /// Where that were longer than five seconds. The `feed` is then told when the bucket is full
    /// again; the next one, when it is full once more after that. So feeds of one credential take
    /// turns instead of meeting at a bucket that the first of them has emptied. A feed that comes
    /// sooner, as when a sync is forced, has the same turn still, and waits for it if others wait.
    pub(super) fn take(&self, host: &HostBudget, feed: &str) -> Result<Duration, DeliveryError> {
        let now = Instant::now();
        let mut turns = self.0.lock();
        let mut host = host.0.lock();
        turns.bucket.refill(now);
        host.refill(now);
        turns.given.retain(|_, at| *at > now);
        let held = turns.given.get(feed).copied();
        let others_wait = turns.given.len() > usize::from(held.is_some());
        let wait = turns.bucket.until(1.0).max(host.until(1.0));
        if wait <= LONGEST_WAIT && !(held.is_some() && others_wait) {
            turns.bucket.level -= 1.0;
            host.level -= 1.0;
            return Ok(wait);
        }
        let at = held.unwrap_or_else(|| turns.give(&host, feed, now));
        Err(budget_spent(at.saturating_duration_since(now)))
    }

    /// Leaves no call in it: the service counts more than we do.
    pub(super) fn empty(&self) {
        let mut turns = self.0.lock();
        turns.bucket.refill(Instant::now());
        turns.bucket.level = turns.bucket.level.min(0.0);
    }
}

impl Turns {
    /// A turn for a feed that has none: once the bucket is full, after those who wait already.
    fn give(&mut self, host: &Bucket, feed: &str, now: Instant) -> Instant {
        let capacity = self.bucket.capacity;
        let full = self.bucket.until(capacity);
        let useful = host.until(capacity.min(host.capacity));
        let period = Duration::from_secs_f64(capacity / self.bucket.per_second);
        let last = self.given.values().max();
        let after_others = last.map_or(now, |last| *last + period);
        let at = (now + full.max(useful)).max(after_others);
        let at = at.min(now + FARTHEST_TURN);
        if self.given.len() < MOST_TURNS {
            self.given.insert(feed.to_owned(), at);
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(outcome: &Result<Duration, DeliveryError>) -> Result<u64, u64> {
        match outcome {
            Ok(wait) => Ok(wait.as_secs()),
            Err(DeliveryError::BudgetSpent { ready_in, .. }) => Err(ready_in.as_secs()),
            Err(_) => Err(u64::MAX),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_starts_full_then_queues_for_five_seconds_then_is_spent() {
        let (host, budget, feed) = (HostBudget::new(), Budget::new(60), "feed");
        for _ in 0..60 {
            assert_eq!(seconds(&budget.take(&host, feed)), Ok(0));
        }
        for wait in 1..=5 {
            assert_eq!(seconds(&budget.take(&host, feed)), Ok(wait));
        }
        assert_eq!(seconds(&budget.take(&host, feed)), Err(65));
        tokio::time::advance(Duration::from_secs(3)).await;
        // The same caller keeps its turn; and what has refilled may be used all the same.
        assert_eq!(seconds(&budget.take(&host, feed)), Ok(3));
        tokio::time::advance(Duration::from_mins(10)).await;
        for _ in 0..60 {
            assert_eq!(seconds(&budget.take(&host, feed)), Ok(0));
        }
        assert_eq!(seconds(&budget.take(&host, feed)), Ok(1));
    }

    #[tokio::test(start_paused = true)]
    async fn callers_of_a_spent_budget_take_turns() {
        let (host, budget) = (HostBudget::new(), Budget::new(60));
        let feeds = ["a", "b", "c"];
        for _ in 0..65 {
            assert!(budget.take(&host, feeds[0]).is_ok());
        }
        assert_eq!(
            feeds.map(|feed| seconds(&budget.take(&host, feed))),
            [Err(65), Err(125), Err(185)]
        );
        // Several calls of one feed wait for the same turn.
        assert_eq!(seconds(&budget.take(&host, feeds[1])), Err(125));
    }

    #[tokio::test(start_paused = true)]
    async fn a_feed_has_one_turn_however_often_it_comes() {
        let (host, budget) = (HostBudget::new(), Budget::new(60));
        while budget.take(&host, "forced").is_ok() {}
        assert_eq!(seconds(&budget.take(&host, "forced")), Err(65));
        assert_eq!(seconds(&budget.take(&host, "other")), Err(125));
        // Every ten seconds, as when syncs are forced: it keeps its turn, and what refills is kept
        // for those who wait.
        for tens in 1..=6 {
            tokio::time::advance(Duration::from_secs(10)).await;
            let outcome = seconds(&budget.take(&host, "forced"));
            assert_eq!(outcome, Err(65 - 10 * tens));
        }
        tokio::time::advance(Duration::from_secs(5)).await;
        for _ in 0..60 {
            assert_eq!(seconds(&budget.take(&host, "forced")), Ok(0));
        }
        while budget.take(&host, "forced").is_ok() {}
        let behind = seconds(&budget.take(&host, "forced"));
        assert_eq!(behind, Err(120), "after the other");
        assert_eq!(seconds(&budget.take(&host, "other")), Err(60));
        assert_eq!(seconds(&budget.take(&host, "third")), Err(180));
    }

    #[tokio::test(start_paused = true)]
    async fn turns_are_bounded_in_time_and_number() {
        let (host, budget) = (HostBudget::new(), Budget::new(60));
        while budget.take(&host, "0").is_ok() {}
        for number in 1..2 * MOST_TURNS {
            let wait = seconds(&budget.take(&host, &number.to_string()));
            assert!(wait.is_err_and(|wait| wait <= FARTHEST_TURN.as_secs()));
        }
        assert_eq!(budget.0.lock().given.len(), MOST_TURNS);
        tokio::time::advance(FARTHEST_TURN).await;
        assert_eq!(seconds(&budget.take(&host, "0")), Ok(0));
        assert!(budget.0.lock().given.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_429_empties_it() {
        let (host, budget, feed) = (HostBudget::new(), Budget::new(60), "feed");
        budget.empty();
        assert_eq!(seconds(&budget.take(&host, feed)), Ok(1));
        assert_eq!(seconds(&budget.take(&host, feed)), Ok(2));
        budget.empty();
        assert_eq!(seconds(&budget.take(&host, feed)), Ok(3));
    }

    #[tokio::test(start_paused = true)]
    async fn the_address_has_a_budget_of_its_own() {
        let (host, feed) = (HostBudget::new(), "feed");
        for _ in 0..20 {
            let budget = Budget::new(60);
            for _ in 0..50 {
                assert_eq!(seconds(&budget.take(&host, feed)), Ok(0));
            }
        }
        let budget = Budget::new(60);
        let mut waits = Vec::new();
        while let Ok(wait) = seconds(&budget.take(&host, feed)) {
            waits.push(wait);
        }
        assert_eq!(
            waits.len(),
            16,
            "3⅓ calls a second for five seconds: {waits:?}"
        );
        // 60 calls at 3⅓ a second, and the 16 that wait.
        assert_eq!(seconds(&budget.take(&host, feed)), Err(22));
    }
}

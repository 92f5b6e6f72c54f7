//! How many calls may be made: TruSTAR documents 60 a minute for a user and 1,000 in five minutes
//! for a network address.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use crate::http::locked;
use crate::sync::sink::WriteError;

/// A call that would wait longer is not made: its sync can do something else meanwhile.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

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
    /// The earliest turn that is not given to anyone.
    next: Instant,
}

/// When a caller that met a spent budget may come back.
#[derive(Debug, Default)]
pub(super) struct Turn(Mutex<Option<Instant>>);

impl Budget {
    /// A full one.
    pub(super) fn new(calls_per_minute: u32) -> Self {
        let now = Instant::now();
        Self(Mutex::new(Turns {
            bucket: Bucket::full(f64::from(calls_per_minute), 60.0, now),
            next: now,
        }))
    }

    /// Takes one call from both budgets, and says how long to wait before it is made.
    ///
    /// # Errors
    /// Where that were longer than five seconds. The caller is then told when the bucket is full
    /// again; the next caller, when it is full once more after that. So feeds of one credential
    /// take turns instead of meeting at a bucket that the first of them has emptied.
    pub(super) fn take(&self, host: &HostBudget, turn: &Turn) -> Result<Duration, WriteError> {
        let now = Instant::now();
        let mut turns = locked(&self.0);
        let mut host = locked(&host.0);
        turns.bucket.refill(now);
        host.refill(now);
        let wait = turns.bucket.until(1.0).max(host.until(1.0));
        if wait <= LONGEST_WAIT {
            turns.bucket.level -= 1.0;
            host.level -= 1.0;
            return Ok(wait);
        }
        let mut turn = locked(&turn.0);
        let at = match *turn {
            Some(given) if given > now => given,
            _ => {
                let capacity = turns.bucket.capacity;
                let full = turns.bucket.until(capacity);
                let useful = host.until(capacity.min(host.capacity));
                let at = (now + full.max(useful)).max(turns.next);
                turns.next = at + Duration::from_secs_f64(capacity / turns.bucket.per_second);
                at
            }
        };
        *turn = Some(at);
        Err(WriteError::BudgetSpent {
            ready_in: at.saturating_duration_since(now),
        })
    }

    /// Leaves no call in it: the service counts more than we do.
    pub(super) fn empty(&self) {
        let mut turns = locked(&self.0);
        turns.bucket.refill(Instant::now());
        turns.bucket.level = turns.bucket.level.min(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(outcome: &Result<Duration, WriteError>) -> Result<u64, u64> {
        match outcome {
            Ok(wait) => Ok(wait.as_secs()),
            Err(WriteError::BudgetSpent { ready_in }) => Err(ready_in.as_secs()),
            Err(_) => Err(u64::MAX),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_starts_full_then_queues_for_five_seconds_then_is_spent() {
        let (host, budget, turn) = (HostBudget::new(), Budget::new(60), Turn::default());
        for _ in 0..60 {
            assert_eq!(seconds(&budget.take(&host, &turn)), Ok(0));
        }
        for wait in 1..=5 {
            assert_eq!(seconds(&budget.take(&host, &turn)), Ok(wait));
        }
        assert_eq!(seconds(&budget.take(&host, &turn)), Err(65));
        tokio::time::advance(Duration::from_secs(3)).await;
        // The same caller keeps its turn; and what has refilled may be used all the same.
        assert_eq!(seconds(&budget.take(&host, &turn)), Ok(3));
        tokio::time::advance(Duration::from_mins(10)).await;
        for _ in 0..60 {
            assert_eq!(seconds(&budget.take(&host, &turn)), Ok(0));
        }
        assert_eq!(seconds(&budget.take(&host, &turn)), Ok(1));
    }

    #[tokio::test(start_paused = true)]
    async fn callers_of_a_spent_budget_take_turns() {
        let (host, budget) = (HostBudget::new(), Budget::new(60));
        let feeds = [Turn::default(), Turn::default(), Turn::default()];
        for _ in 0..65 {
            assert!(budget.take(&host, &feeds[0]).is_ok());
        }
        assert_eq!(
            feeds
                .each_ref()
                .map(|turn| seconds(&budget.take(&host, turn))),
            [Err(65), Err(125), Err(185)]
        );
        // Several calls of one feed wait for the same turn.
        assert_eq!(seconds(&budget.take(&host, &feeds[1])), Err(125));
    }

    #[tokio::test(start_paused = true)]
    async fn a_429_empties_it() {
        let (host, budget, turn) = (HostBudget::new(), Budget::new(60), Turn::default());
        budget.empty();
        assert_eq!(seconds(&budget.take(&host, &turn)), Ok(1));
        assert_eq!(seconds(&budget.take(&host, &turn)), Ok(2));
        budget.empty();
        assert_eq!(seconds(&budget.take(&host, &turn)), Ok(3));
    }

    #[tokio::test(start_paused = true)]
    async fn the_address_has_a_budget_of_its_own() {
        let (host, turn) = (HostBudget::new(), Turn::default());
        for _ in 0..20 {
            let budget = Budget::new(60);
            for _ in 0..50 {
                assert_eq!(seconds(&budget.take(&host, &turn)), Ok(0));
            }
        }
        let budget = Budget::new(60);
        let mut waits = Vec::new();
        while let Ok(wait) = seconds(&budget.take(&host, &turn)) {
            waits.push(wait);
        }
        assert_eq!(
            waits.len(),
            16,
            "3⅓ calls a second for five seconds: {waits:?}"
        );
        // 60 calls at 3⅓ a second, and the 16 that wait.
        assert_eq!(seconds(&budget.take(&host, &turn)), Err(22));
    }
}

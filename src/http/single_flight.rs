//! A value that one caller at a time fetches, and that all who waited for it share.

use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

/// The last outcome of a fetch. Those who waited while it ran share it, a failure too: a service
/// that is down is not asked once for every caller in the queue.
pub(crate) struct SingleFlight<T, E>(Mutex<Option<Fetched<T, E>>>);

struct Fetched<T, E> {
    began: Instant,
    ended: Instant,
    outcome: Result<T, E>,
}

impl<T, E> Default for SingleFlight<T, E> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone, E: Clone> SingleFlight<T, E> {
    /// The kept value if it is `usable`, given when it was fetched; else what the fetch that is
    /// under way gives; else what `fetch` gives.
    pub(crate) async fn get(
        &self,
        usable: impl Fn(&T, Instant) -> bool,
        fetch: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let asked = Instant::now();
        let kept = self.0.lock().await;
        if let Some(Fetched { ended, outcome, .. }) = &*kept {
            let fetched_meanwhile = *ended > asked;
            if fetched_meanwhile || outcome.as_ref().is_ok_and(|value| usable(value, *ended)) {
                return outcome.clone();
            }
        }
        Self::fetched(kept, fetch).await
    }

    /// The outcome of a fetch that began at `since` or later: one that another caller made, or
    /// else what `fetch` gives. A fetch that was under way at `since` does not count.
    pub(crate) async fn begun_since(
        &self,
        since: Instant,
        fetch: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let kept = self.0.lock().await;
        match &*kept {
            Some(Fetched { began, outcome, .. }) if *began >= since => outcome.clone(),
            _ => Self::fetched(kept, fetch).await,
        }
    }

    async fn fetched(
        mut kept: MutexGuard<'_, Option<Fetched<T, E>>>,
        fetch: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let began = Instant::now();
        let outcome = fetch.await;
        *kept = Some(Fetched {
            began,
            ended: Instant::now(),
            outcome: outcome.clone(),
        });
        outcome
    }

    /// Fetches anew the next time; a fetch that is under way is new enough.
    pub(crate) fn forget(&self) {
        if let Ok(mut kept) = self.0.try_lock() {
            *kept = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn waiting_callers_share_one_fetch_and_its_failure() {
        let flight = SingleFlight::<u32, &str>::default();
        let fetches = AtomicU32::new(0);
        let ask = || {
            flight.get(|_, _| true, async {
                tokio::time::sleep(Duration::from_secs(1)).await;
                match fetches.fetch_add(1, Ordering::Relaxed) {
                    0 => Err("down"),
                    count => Ok(count),
                }
            })
        };
        assert_eq!(
            futures::join!(ask(), ask(), ask()),
            (Err("down"), Err("down"), Err("down"))
        );
        assert_eq!(futures::join!(ask(), ask()), (Ok(1), Ok(1)));
        assert_eq!(ask().await, Ok(1));
        assert_eq!(fetches.load(Ordering::Relaxed), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_under_way_already_is_not_new_enough() {
        let flight = SingleFlight::<u32, &str>::default();
        let fetches = AtomicU32::new(0);
        let fetch = async || {
            tokio::time::sleep(Duration::from_secs(2)).await;
            Ok(fetches.fetch_add(1, Ordering::Relaxed))
        };
        let after = async |seconds| {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            flight.begun_since(Instant::now(), fetch()).await
        };
        let first = flight.get(|_, _| true, fetch());
        assert_eq!(
            futures::join!(first, after(1), after(1)),
            (Ok(0), Ok(1), Ok(1))
        );
    }
}

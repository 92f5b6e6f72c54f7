//! A value that one caller at a time fetches, and that all who waited for it share.

use tokio::sync::Mutex;
use tokio::time::Instant;

/// The last outcome of a fetch. Those who waited while it ran share it, a failure too: a service
/// that is down is not asked once for every caller in the queue.
pub(crate) struct SingleFlight<T, E>(Mutex<Option<(Instant, Result<T, E>)>>);

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
        let mut kept = self.0.lock().await;
        if let Some((at, outcome)) = &*kept {
            let fetched_meanwhile = *at > asked;
            if fetched_meanwhile || outcome.as_ref().is_ok_and(|value| usable(value, *at)) {
                return outcome.clone();
            }
        }
        let outcome = fetch.await;
        *kept = Some((Instant::now(), outcome.clone()));
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
}

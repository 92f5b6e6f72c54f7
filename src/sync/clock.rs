//! The time, and Flashpoint's idea of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

use crate::sync::ports::Clock;

/// The local clock, and how far Flashpoint's is ahead of it; clones share what was learnt.
#[derive(Clone, Debug, Default)]
pub struct ServiceClock {
    /// In seconds: the `Date` header knows no less.
    ahead: Arc<AtomicI64>,
}

impl Clock for ServiceClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn service_now(&self) -> Timestamp {
        let ahead = SignedDuration::from_secs(self.ahead.load(Ordering::Relaxed));
        let now = self.now();
        now.checked_add(ahead).unwrap_or(now)
    }

    fn learn(&self, service_now: Timestamp) {
        let ahead = service_now.duration_since(self.now()).as_secs();
        self.ahead.store(ahead, Ordering::Relaxed);
    }
}

//! What a sync needs besides its two ends: a clock that can be put on, a ledger that is stored or not, a fence, a listener.

use std::future::{pending, ready};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use flashpoint_operator::sync::ledger::Ledger;
use flashpoint_operator::sync::ports::{
    Clock, Fence, Fenced, Journal, JournalError, Line, Verdict, Watcher,
};
use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

/// This machine's clock, so many seconds ahead.
#[derive(Default)]
pub struct Ahead(AtomicI64);

impl Ahead {
    /// Goes on by so much; says how far ahead it is then.
    pub fn advance(&self, by: SignedDuration) -> SignedDuration {
        let seconds = by.as_secs();
        let before = self.0.fetch_add(seconds, Ordering::Relaxed);
        SignedDuration::from_secs(before + seconds)
    }
}

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        Timestamp::now() + SignedDuration::from_secs(self.0.load(Ordering::Relaxed))
    }
}

/// What becomes of the ledger when it is stored.
#[derive(Clone, Debug, Default)]
pub enum Storing {
    #[default]
    Works,
    Fails(JournalError),
    /// The process is killed at that moment, the ledger being stored already or not.
    Killed {
        stored: bool,
    },
}

/// The ledger as it is stored: all that a killed process leaves.
#[derive(Default)]
pub struct Store {
    pub text: Mutex<Option<String>>,
    pub storing: Mutex<Storing>,
    pub killed: Arc<Notify>,
}

impl Journal for Store {
    fn is_unproven(&self) -> bool {
        self.text.lock().unwrap().is_none()
    }

    fn save<'a>(&'a self, ledger: &'a Ledger) -> BoxFuture<'a, Result<(), JournalError>> {
        let storing = self.storing.lock().unwrap().clone();
        if matches!(storing, Storing::Works | Storing::Killed { stored: true }) {
            *self.text.lock().unwrap() = Some(ledger.encode().unwrap());
        }
        match storing {
            Storing::Works => Box::pin(ready(Ok(()))),
            Storing::Fails(error) => Box::pin(ready(Err(error))),
            Storing::Killed { .. } => {
                self.killed.notify_one();
                Box::pin(pending())
            }
        }
    }
}

/// Open until it was asked so often.
#[derive(Default)]
pub struct Lease(pub Mutex<Option<(u32, Fenced)>>);

impl Fence for Lease {
    fn check(&self) -> Result<(), Fenced> {
        match &mut *self.0.lock().unwrap() {
            Some((0, why)) => Err(*why),
            Some((left, _)) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

/// Keeps id and verdict of each report.
#[derive(Default)]
pub struct Lines(pub Mutex<Vec<(String, Verdict)>>);

impl Watcher for Lines {
    fn report(&self, line: Line<'_>) {
        let told = (line.id.to_owned(), line.verdict.clone());
        self.0.lock().unwrap().push(told);
    }
}

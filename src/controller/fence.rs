//! Whether a sync may still write: checked before each write to a destination.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::lease::Leadership;
use super::store::Store;
use super::watched::Key;
use crate::sync::ports::{Fence, Fenced};

/// What every sync of the process is fenced by.
#[derive(Clone)]
pub struct Process {
    /// The lease; none where leader election is off.
    pub leadership: Option<Arc<Leadership>>,
    /// Cancelled once the process is asked to stop.
    pub stopped: CancellationToken,
}

impl Process {
    fn check(&self) -> Result<(), Fenced> {
        if self.stopped.is_cancelled() {
            return Err(Fenced::Stopping);
        }
        match &self.leadership {
            Some(leadership) if !leadership.held() => Err(Fenced::Deposed),
            _ => Ok(()),
        }
    }
}

/// The fence of one sync of one feed.
pub struct FeedFence {
    pub process: Process,
    /// The feeds as they are watched.
    pub store: Store,
    pub feed: Key,
    /// Its UID when the sync was planned.
    pub uid: String,
    /// Its generation when the sync was planned.
    pub generation: i64,
}

impl Fence for FeedFence {
    fn check(&self) -> Result<(), Fenced> {
        self.process.check()?;
        let current = self.store.get(&self.feed).filter(|feed| {
            feed.uid() == self.uid
                && feed.generation() == self.generation
                && !feed.is_being_deleted()
        });
        current.map(|_| ()).ok_or(Fenced::Superseded)
    }
}

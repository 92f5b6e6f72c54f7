//! What every reconcile shares.

use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;

use super::cluster::Cluster;
use super::fence::Process;
use super::memory::Memory;
use super::metrics::Metrics;
use crate::destinations::Destinations;
use crate::flashpoint::Flashpoint;
use crate::sync::clock::ServiceClock;

/// What every reconcile shares.
pub struct Context {
    pub cluster: Cluster,
    pub flashpoint: Flashpoint,
    pub destinations: Destinations,
    pub process: Process,
    pub cancelled: CancellationToken,
    /// The time, Flashpoint's included.
    pub clock: ServiceClock,
    /// What was written last, which the watch may not show yet.
    pub memory: Arc<Memory>,
    pub metrics: Metrics,
    /// The replica's name, which events name as their source.
    pub identity: Option<String>,
    /// The most syncs at once.
    pub slots: Semaphore,
}

impl Context {
    /// Waits until another sync may run; none once the process is asked to stop.
    pub async fn slot(&self) -> Option<SemaphorePermit<'_>> {
        let slot = self.slots.acquire().await.ok()?;
        (!self.process.stopped.is_cancelled()).then_some(slot)
    }
}

//! What one subject is measured on: a fleet of its own, services of its own, and the watch.

use std::time::Duration;

use control_plane::ControlPlane;

use super::apply;
use super::fleet::Fleet;
use super::subject::{Running, Subject};
use super::vendors::Vendors;
use super::watch::Watch;
use crate::Outcome;

/// A fleet whose feeds were never synced.
pub struct Stage<'a> {
    control_plane: &'a ControlPlane,
    subject: &'a Subject,
    pub vendors: Vendors,
    pub fleet: Fleet,
    pub watch: Watch,
    /// How long a sync of each feed may take.
    limit: Duration,
}

impl<'a> Stage<'a> {
    /// Creates the feeds, starts services of their own, and watches from before the first status on.
    pub async fn new(
        control_plane: &'a ControlPlane,
        subject: &'a Subject,
        count: usize,
        interval: Duration,
    ) -> Outcome<Self> {
        let vendors = Vendors::start().await?;
        let fleet = Fleet::new(control_plane, &vendors, count, interval).await?;
        fleet.create().await?;
        let watch = Watch::start(&fleet).await?;
        let each = Duration::from_millis(60).saturating_mul(u32::try_from(count)?);
        Ok(Self {
            control_plane,
            subject,
            vendors,
            fleet,
            watch,
            limit: Duration::from_mins(2) + each,
        })
    }

    /// Starts the subject and waits for its first sync of each feed; gives the time to its readiness and to the last sync.
    pub async fn first_sync(&self) -> Outcome<(Running, Duration, Duration)> {
        self.watch.expect(self.fleet.names());
        let mut running = self.start()?;
        let ready = running.ready(self.limit).await?;
        let last = self.watch.all_synced(self.limit).await?;
        let took = last.saturating_duration_since(running.started);
        Ok((running, ready, took))
    }

    /// Stops the subject, makes every feed due, and starts it again; gives the time to the last sync.
    pub async fn restart(&self, running: Running) -> Outcome<(Running, Duration)> {
        running.stop().await?;
        self.fleet.edit().await?;
        self.watch.expect(self.fleet.names());
        let running = self.start()?;
        let last = self.watch.all_synced(self.limit).await?;
        let took = last.saturating_duration_since(running.started);
        Ok((running, took))
    }

    /// Starts the subject, with all feeds as they are.
    pub fn start(&self) -> Outcome<Running> {
        let kubeconfig = self.control_plane.kubeconfig();
        let (flashpoint, trustar) = (&self.vendors.flashpoint, &self.vendors.trustar);
        self.subject
            .start(kubeconfig, &flashpoint.url(), &trustar.url())
    }

    /// Deletes what the subject and the harness left in the cluster, so that the next subject finds nothing.
    pub async fn clear(self) -> Outcome<()> {
        drop(self.watch);
        self.fleet.delete(&apply::names()).await?;
        // What etcd keeps of 10,000 feeds' history comes near its quota.
        Ok(self.control_plane.compact_etcd().await?)
    }
}

//! What is known about one key at one MISP, shared by all feeds that use it.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;
use uuid::Uuid;

use super::MISP;
use super::rights::Rights;
use crate::http::{Gate, SingleFlight};
use crate::sync::destination::DeliveryError;

/// MISP goes on writing after its client left, for as long as PHP may run: 300 s in its installation guide.
const WRITES_FOR: Duration = Duration::from_mins(10);

/// The most events in doubt, and the most things told, that are remembered.
const REMEMBERED: usize = 10_000;

/// Everything that goes by key.
pub(super) struct Account {
    pub(super) gate: Gate,
    pub(super) rights: SingleFlight<Rights, DeliveryError>,
    doubts: Mutex<HashMap<Uuid, Instant>>,
    told: Mutex<HashSet<String>>,
}

impl Account {
    /// An account of which nothing is known.
    pub(super) fn new() -> Self {
        Self {
            gate: Gate::new(&MISP),
            rights: SingleFlight::default(),
            doubts: Mutex::default(),
            told: Mutex::default(),
        }
    }

    /// A write of the event ended without a whole answer, or with a 500: MISP may be writing it still.
    pub(super) fn doubt(&self, event: Uuid) {
        let mut doubts = self.doubts.lock();
        doubts.retain(|_, since| since.elapsed() < WRITES_FOR);
        if doubts.len() < REMEMBERED {
            doubts.insert(event, Instant::now());
        }
    }

    /// Whether the last write of the event is in doubt.
    pub(super) fn doubts(&self, event: Uuid) -> bool {
        let doubts = self.doubts.lock();
        doubts
            .get(&event)
            .is_some_and(|since| since.elapsed() < WRITES_FOR)
    }

    /// The event is known as it is.
    pub(super) fn settled(&self, event: Uuid) {
        self.doubts.lock().remove(&event);
    }

    /// Whether this is told for the first time: what holds for every event is not told for each.
    pub(super) fn tells(&self, what: &str) -> bool {
        let mut told = self.told.lock();
        told.len() < REMEMBERED && told.insert(what.to_owned())
    }
}

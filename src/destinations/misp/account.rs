//! What is known about one key at one MISP, shared by all feeds that use it.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;
use uuid::Uuid;

use super::MISP;
use super::rights::Rights;
use crate::http::{Gate, SingleFlight, hash};
use crate::sync::destination::DeliveryError;

/// MISP goes on writing after its client left, for as long as PHP may run: 300 s in its installation guide.
const WRITES_FOR: Duration = Duration::from_mins(10);

/// So many titles of one event in doubt are remembered.
const TITLES: usize = 8;

/// The most events in doubt, and the most things told, that are remembered.
const REMEMBERED: usize = 10_000;

/// Everything that goes by key.
pub(super) struct Account {
    pub(super) gate: Gate,
    pub(super) rights: SingleFlight<Rights, DeliveryError>,
    doubts: Mutex<HashMap<Uuid, Doubt>>,
    told: Mutex<HashSet<String>>,
}

/// A write of an event that may be going on, or have ended in the middle.
struct Doubt {
    since: Instant,
    /// The hashes of the titles that it and those before it sent, the last first: MISP stores the title before all else, and
    /// without the rest where it fails.
    titles: Vec<u64>,
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

    /// A write of the event, with this title, ended without a whole answer, or with a 500: MISP may be writing it still.
    pub(super) fn doubt(&self, event: Uuid, title: &str) {
        let mut doubts = self.doubts.lock();
        if doubts.len() >= REMEMBERED {
            doubts.retain(|_, doubt| doubt.since.elapsed() < WRITES_FOR);
        }
        let mut titles = vec![hash(title.as_bytes())];
        if let Some(doubt) = doubts.remove(&event) {
            titles.extend(doubt.titles);
            titles.truncate(TITLES);
        }
        if doubts.len() < REMEMBERED {
            let since = Instant::now();
            doubts.insert(event, Doubt { since, titles });
        }
    }

    /// Whether MISP may be writing the event still.
    pub(super) fn doubts(&self, event: Uuid) -> bool {
        let doubts = self.doubts.lock();
        doubts
            .get(&event)
            .is_some_and(|doubt| doubt.since.elapsed() < WRITES_FOR)
    }

    /// Whether the last writes of the event are in doubt, and sent this title.
    pub(super) fn sent_in_doubt(&self, event: Uuid, title: &str) -> bool {
        let doubts = self.doubts.lock();
        doubts
            .get(&event)
            .is_some_and(|doubt| doubt.titles.contains(&hash(title.as_bytes())))
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

//! What is known about one credential, shared by all feeds that use it.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use reqwest::header::HeaderValue;
use serde::Deserialize;
use tokio::time::Instant;

use super::TRUSTAR;
use super::budget::Budget;
use super::whereabouts::Whereabouts;
use crate::http::{Gate, SingleFlight};
use crate::sync::destination::DeliveryError;

/// A token, as calls carry it.
#[derive(Clone)]
pub(super) struct Token {
    /// `Bearer …`, marked as sensitive.
    pub(super) authorization: HeaderValue,
    pub(super) good_until: Instant,
}

/// An enclave, as the listing has it.
#[derive(Deserialize)]
pub(super) struct Enclave {
    pub(super) id: String,
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) create: bool,
    #[serde(default)]
    pub(super) update: bool,
}

/// Everything that goes by credential.
pub(super) struct Account {
    pub(super) gate: Gate,
    /// `None`: no budget.
    pub(super) budget: Option<Budget>,
    pub(super) token: SingleFlight<Token, DeliveryError>,
    /// Those that the credential sees.
    pub(super) enclaves: SingleFlight<Arc<[Enclave]>, DeliveryError>,
    /// How many enclaves the credential saw when they were listed last; 0: never.
    seen_enclaves: AtomicUsize,
    pub(super) whereabouts: Mutex<Whereabouts>,
    writing: [tokio::sync::Mutex<()>; 64],
    hasher: RandomState,
}

impl Account {
    /// An account of which nothing is known.
    pub(super) fn new(calls_per_minute: u32) -> Self {
        Self {
            gate: Gate::new(&TRUSTAR),
            budget: (calls_per_minute > 0).then(|| Budget::new(calls_per_minute)),
            token: SingleFlight::default(),
            enclaves: SingleFlight::default(),
            seen_enclaves: AtomicUsize::new(0),
            whereabouts: Mutex::default(),
            writing: std::array::from_fn(|_| tokio::sync::Mutex::default()),
            hasher: RandomState::new(),
        }
    }

    /// The lock for looks and writes of one external id; a few ids share each.
    pub(super) fn writing(&self, external_id: &str) -> &tokio::sync::Mutex<()> {
        let [place, ..] = self.hasher.hash_one(external_id).to_le_bytes();
        &self.writing[usize::from(place) % self.writing.len()]
    }

    /// The credential sees this many enclaves.
    pub(super) fn sees(&self, enclaves: usize) {
        self.seen_enclaves.store(enclaves, Ordering::Relaxed);
    }

    /// Whether the credential serves or sees more than one enclave, so that an external id, which
    /// names none, may lead to another than the one that is meant.
    pub(super) fn has_several_enclaves(&self) -> bool {
        self.seen_enclaves.load(Ordering::Relaxed) > 1 || self.whereabouts.lock().serves_several()
    }
}

//! What is known about one credential, shared by all feeds that use it.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex};

use reqwest::header::HeaderValue;
use serde::Deserialize;
use tokio::time::Instant;

use super::budget::Budget;
use crate::fault::Service;
use crate::http::{Gate, SingleFlight, locked};
use crate::sync::sink::WriteError;

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
    pub(super) token: SingleFlight<Token, WriteError>,
    /// Those that the credential sees.
    pub(super) enclaves: SingleFlight<Arc<[Enclave]>, WriteError>,
    /// The enclaves in use; true where a write was seen to arrive since the last came into use.
    served: Mutex<HashMap<String, bool>>,
    writing: [tokio::sync::Mutex<()>; 64],
    hasher: RandomState,
}

impl Account {
    /// An account of which nothing is known.
    pub(super) fn new(calls_per_minute: u32) -> Self {
        Self {
            gate: Gate::new(Service::Trustar),
            budget: (calls_per_minute > 0).then(|| Budget::new(calls_per_minute)),
            token: SingleFlight::default(),
            enclaves: SingleFlight::default(),
            served: Mutex::default(),
            writing: std::array::from_fn(|_| tokio::sync::Mutex::default()),
            hasher: RandomState::new(),
        }
    }

    /// The lock for looks and writes of one external id; a few ids share each.
    pub(super) fn writing(&self, external_id: &str) -> &tokio::sync::Mutex<()> {
        let [place, ..] = self.hasher.hash_one(external_id).to_le_bytes();
        &self.writing[usize::from(place) % self.writing.len()]
    }

    /// The credential is used for `enclave`. With a further enclave, all are looked at anew.
    pub(super) fn serve(&self, enclave: &str) {
        let mut served = locked(&self.served);
        if !served.contains_key(enclave) {
            served.values_mut().for_each(|seen| *seen = false);
            served.insert(enclave.to_owned(), false);
        }
    }

    /// Whether a write to `enclave` is to be read back: an external id names no enclave, so with
    /// more than one it may have gone to another.
    pub(super) fn in_question(&self, enclave: &str) -> bool {
        let served = locked(&self.served);
        served.len() > 1 && served.get(enclave) != Some(&true)
    }

    /// A write to `enclave` was seen to arrive there.
    pub(super) fn arrived(&self, enclave: &str) {
        if let Some(seen) = locked(&self.served).get_mut(enclave) {
            *seen = true;
        }
    }
}

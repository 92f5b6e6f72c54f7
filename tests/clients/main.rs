//! The vendor clients against the simulators, and against servers worse than those.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod arrival;
mod flashpoint;
mod flashpoint_ignite;
mod flashpoint_own;
mod flashpoint_setup;
mod misp;
mod misp_proof;
mod misp_stage;
mod misp_stix;
mod refusals;
mod taxii;
mod taxii_live;
mod tls;
mod trustar;
mod trustar_stage;

use std::sync::{Arc, Mutex};

use flashpoint_operator::http::call::{Call, CallObserver};
use flashpoint_operator::http::{HttpSettings, client};

/// Keeps what it hears.
#[derive(Default)]
struct Heard(Mutex<Vec<Call>>);

impl Heard {
    fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Operation and status of each call so far.
    fn calls(&self) -> Vec<(&'static str, Option<u16>)> {
        let calls = self.0.lock().unwrap();
        calls
            .iter()
            .map(|call| (call.operation, call.status))
            .collect()
    }
}

impl CallObserver for Heard {
    fn observe(&self, call: &Call) {
        self.0.lock().unwrap().push(*call);
    }
}

fn http() -> reqwest::Client {
    client(&HttpSettings::default()).unwrap()
}

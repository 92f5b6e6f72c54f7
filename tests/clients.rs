//! The two vendor clients against the simulators, and against servers worse than those.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

#[path = "clients/arrival.rs"]
mod arrival;
#[path = "clients/flashpoint.rs"]
mod flashpoint;
#[path = "clients/refusals.rs"]
mod refusals;
#[path = "clients/tls.rs"]
mod tls;
#[path = "clients/trustar.rs"]
mod trustar;
#[path = "clients/trustar_stage.rs"]
mod trustar_stage;

use std::sync::{Arc, Mutex};

use flashpoint_operator::call::{Call, CallObserver};
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

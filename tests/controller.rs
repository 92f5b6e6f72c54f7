//! The operator's binary against a real API server, with both vendors simulated.
//!
//! Each test has a namespace, simulators and an operator process of its own, and the operator may do what the chart
//! lets it. Most of the time passes in waiting, so run them with many threads (`RUST_TEST_THREADS=8`, as `make test` does).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

#[path = "controller/harness/mod.rs"]
mod harness;

#[path = "controller/api_server.rs"]
mod api_server;
#[path = "controller/changes.rs"]
mod changes;
#[path = "controller/credentials.rs"]
mod credentials;
#[path = "controller/first_sync.rs"]
mod first_sync;
#[path = "controller/ledgers.rs"]
mod ledgers;
#[path = "controller/lifecycle.rs"]
mod lifecycle;
#[path = "controller/neighbours.rs"]
mod neighbours;
#[path = "controller/outages.rs"]
mod outages;
#[path = "controller/outside.rs"]
mod outside;
#[path = "controller/permissions.rs"]
mod permissions;
#[path = "controller/process.rs"]
mod process;
#[path = "controller/refusals.rs"]
mod refusals;
#[path = "controller/secrecy.rs"]
mod secrecy;
#[path = "controller/silence.rs"]
mod silence;
#[path = "controller/whole_cluster.rs"]
mod whole_cluster;

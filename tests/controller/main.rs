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

mod harness;

mod api_server;
// Tests begin in the order of their names, and those that wait for the longest are to begin first.
mod api_silence;
mod audit;
mod changes;
mod credentials;
mod destinations;
mod first_sync;
mod ledgers;
mod lifecycle;
mod metrics;
mod neighbours;
mod outages;
mod outside;
mod own;
mod permissions;
mod process;
mod recipes;
mod refusals;
mod secrecy;
mod upgrade;
mod whole_cluster;

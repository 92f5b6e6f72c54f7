//! The resources as the API server has them, and as `validate` and `crd` do without one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod cases;
mod chart;
mod command_line;
mod feeds;
mod ledgers;
mod refusals;
mod served;

//! The resources as the API server has them, and as `validate` and `crd` do without one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

#[path = "resource/cases.rs"]
mod cases;
#[path = "resource/command_line.rs"]
mod command_line;
#[path = "resource/feeds.rs"]
mod feeds;
#[path = "resource/ledgers.rs"]
mod ledgers;
#[path = "resource/refusals.rs"]
mod refusals;
#[path = "resource/served.rs"]
mod served;

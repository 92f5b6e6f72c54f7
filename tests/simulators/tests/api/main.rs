//! The simulators over real sockets: what they take, what they refuse, and what scripted faults do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod client;
mod faults;
mod flashpoint;
mod ignite;
mod misp;
mod script;
mod trustar;

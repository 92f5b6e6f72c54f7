//! How much memory and time the operator takes for the largest that may come: built for release, and run by
//! `make test-all` with `--ignored`, since the figures of a debug build say nothing.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod memory;
mod process;
mod text;

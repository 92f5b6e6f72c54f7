//! The operator of an earlier commit is replaced by this one, against a real API server and with both vendors simulated:
//! what was sent stays sent, and what was begun is finished.
//!
//! Building the earlier operator takes minutes, so `make test-all` runs these tests, by `--ignored`. It is kept in
//! `~/.cache/flashpoint-operator/operators`. What single fields hold, `tests/golden` shows.

mod earlier;
mod feeds;
mod handover;
mod shallow;
mod state_file;

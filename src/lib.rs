//! Feeds Flashpoint intelligence reports into TruSTAR enclaves, as a Kubernetes operator.
//!
//! The way of the data: a `FlashpointFeed` ([`api`]) is found due by the [`controller`], which makes
//! a plan of it. A [`sync`] lists the pages of a [`window`] from [`flashpoint`], passes over what
//! the [`ledger`] knows, keeps the reports in which [`indicators`] count, maps them ([`mapping`]) and
//! writes them by [`trustar`] to the enclave. Its outcome goes to the ledger, then to the status.

pub mod api;
pub mod call;
pub mod cli;
pub mod clock;
pub mod controller;
pub mod counts;
pub mod credentials;
pub mod csv_links;
pub mod fault;
pub mod finding;
pub mod flashpoint;
pub mod http;
pub mod indicators;
pub mod ledger;
pub mod mapping;
pub mod report;
pub mod standing;
pub mod sync;
pub mod telemetry;
pub mod trustar;
pub mod window;

//! The APIs of Flashpoint and TruSTAR as strict HTTP servers over real sockets, for tests, demo and benchmarks.
//!
//! [`flashpoint::Flashpoint`] lists reports that a seeded [`reports::Generator`] makes or a test writes;
//! [`trustar::Trustar`] takes reports into enclaves and refuses what the real service would. Both have
//! [`Controls`]: an append-only [`record`] of every request that reached them, scripted [`faults`] and a clock that
//! can be shifted. [`verdict`] compares what the enclaves hold with what they should hold.
//!
//! Content, settings, faults and clock may be changed at any time while a simulator is served; each also answers an
//! admin API under `/_sim/`, see `README.md`.
//!
//! ```
//! use simulators::faults::{Fault, Reply};
//! use simulators::flashpoint::Flashpoint;
//! use simulators::trustar::{ENCLAVE, Trustar};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let flashpoint = simulators::start(Flashpoint::default()).await?;
//! let trustar = simulators::start(Trustar::default()).await?;
//! flashpoint.generate(60, jiff::SignedDuration::from_hours(20));
//! trustar.controls().faults.set(Fault::on("POST", "/api/1.3/reports").nth(3).reply(Reply::status(503)));
//!
//! // … run what is tested against flashpoint.url() and trustar.url() …
//!
//! let listings = flashpoint.controls().record.count("GET", "/api/v4/reports/", "/");
//! assert_eq!(listings, 0);
//! let verdict = trustar.verdict(&[(ENCLAVE, flashpoint.truth())]);
//! assert!(!verdict.lost.is_empty(), "nothing has been submitted");
//! # Ok(())
//! # }
//! ```

mod admin;
pub mod faults;
pub mod flashpoint;
mod message;
pub mod misp;
pub mod record;
mod reply;
pub mod reports;
mod server;
pub mod taxii;
pub mod trustar;
pub mod verdict;

pub use message::{Answer, Request};
pub use server::{Clock, Controls, Server, Simulator, http_date, run, start, start_on};

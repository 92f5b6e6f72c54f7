//! `version`: which version this is.

use std::io::Write as _;

use super::{Exit, print};

/// Prints name and version.
pub fn run() -> Exit {
    let printed = print(|out| {
        writeln!(
            out,
            "{} {}",
            env!("CARGO_PKG_NAME"),
            env!("CARGO_PKG_VERSION")
        )
    });
    Exit::of(printed)
}

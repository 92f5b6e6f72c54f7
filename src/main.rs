//! The operator's binary; see the library for what it does.

use std::process::ExitCode;

fn main() -> ExitCode {
    flashpoint_operator::cli::main()
}

//! The operator's binary; see the library for what it does.

use std::process::ExitCode;

// What it gains and costs is said in Cargo.toml.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    flashpoint_operator::cli::main()
}

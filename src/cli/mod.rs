//! The command line.

mod crd;
mod run;
mod vendors;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What a command came to, as an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Partial, refused, or to be tried again.
    Partial = 1,
    /// The input is no good.
    BadInput = 2,
}

#[derive(Debug, Parser)]
#[command(name = "flashpoint-operator", version, about, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the controller
    Run(run::Args),
    /// Print the custom resource definitions
    Crd(crd::Args),
}

/// Reads the command line, and does what it says.
#[must_use]
pub fn main() -> ExitCode {
    let exit = match Cli::parse().command {
        Command::Run(args) => run::run(args),
        Command::Crd(args) => crd::run(&args),
    };
    ExitCode::from(exit as u8)
}

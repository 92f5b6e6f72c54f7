//! The command line.
#![allow(
    clippy::doc_markdown,
    reason = "the comments on arguments are their help, which shows no markup"
)]

mod completions;
mod crd;
mod extract;
mod file;
mod ledger;
mod manifest;
mod run;
mod sync;
mod terminal;
mod validate;
mod vendors;
mod version;

use std::io::{self, BufWriter, StdoutLock, Write as _};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::terminal::plain;

/// What a command came to, as an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    Done = 0,
    /// Partial, refused, or to be tried again.
    Partial = 1,
    /// The input is no good.
    BadInput = 2,
    /// A person interrupted it: what shells say of SIGINT.
    Interrupted = 130,
}

impl Exit {
    /// Done, or partial where the output could not be written, which is told.
    fn of(printed: Result<(), String>) -> Self {
        match printed {
            Ok(()) => Self::Done,
            Err(message) => {
                complain("error", &message);
                Self::Partial
            }
        }
    }
}

#[derive(Debug, Parser)]
#[command(
    name = "flashpoint-operator",
    version,
    about,
    arg_required_else_help = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the controller
    ///
    /// Exits with 0 once it is asked to stop, 1 when it can't start or lost its lease, 2 when an argument is no good.
    Run(run::Args),
    /// Sync one feed once, without a cluster
    ///
    /// Exits with 0 when the latest reports are handled, 1 when some are not (a report failed or is
    /// pending, or a service refused or failed), 2 when the input is no good, 130 when it was interrupted.
    ///
    /// Without --state it does not know what the enclave holds: a dry run then says "would create" of reports that are there
    /// already. RUST_LOG says what is logged; by default warnings.
    Sync(sync::Args),
    /// Find the indicators of compromise in text, HTML or reports
    ///
    /// Prints a table on a terminal, else a line `type<TAB>value<TAB>verdict` for each. Text is UTF-8, UTF-16, UTF-32 or an older code
    /// page. Exits with 2 when an input can't be read or is no text, such as a PDF: what makes text of it is said.
    Extract(extract::Args),
    /// Print the custom resource definitions
    Crd(crd::Args),
    /// Print what the operator remembers of a feed's reports
    ///
    /// Reads the FlashpointLedger from the cluster, by KUBECONFIG or as a Pod: id, state, when and why of each report. Exits with 1
    /// when the cluster does not give it, 2 when there is none of this name.
    Ledger(ledger::Args),
    /// Check feeds offline, as the API server would
    ///
    /// Looks at a feed's Secrets too where they are in what is given: a key that its destination needs is there, or the feed is not right.
    /// Exits with 0 when every feed is right, 2 when one is not or there is none.
    Validate(validate::Args),
    /// Print the version
    Version,
    /// Print a script that completes this command line in a shell
    Completions(completions::Args),
}

/// Reads the command line, and does what it says.
#[must_use]
pub fn main() -> ExitCode {
    let exit = match Cli::parse().command {
        Command::Run(args) => run::run(args),
        Command::Sync(args) => sync::run(&args),
        Command::Extract(args) => extract::run(&args),
        Command::Crd(args) => crd::run(&args),
        Command::Ledger(args) => ledger::run(args),
        Command::Validate(args) => validate::run(&args),
        Command::Version => version::run(),
        Command::Completions(args) => completions::run(&args),
    };
    ExitCode::from(exit as u8)
}

/// Tells a person on standard error; if nobody can be told there, nobody is.
fn complain(severity: &str, message: &str) {
    tell(severity, &plain(message));
}

/// The same of a text that is safe to show as it is.
fn tell(severity: &str, shown: &str) {
    let _ = writeln!(io::stderr().lock(), "{severity}: {shown}");
}

/// Writes to standard output. A reader that has seen enough, as `head` has, is no error.
fn print(
    write: impl FnOnce(&mut BufWriter<StdoutLock<'static>>) -> io::Result<()>,
) -> Result<(), String> {
    let mut out = BufWriter::with_capacity(64 * 1024, io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("failed to write the output: {error}"))
        }
        _ => Ok(()),
    }
}

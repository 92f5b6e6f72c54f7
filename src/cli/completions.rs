//! `completions`: scripts that teach a shell this command line.

use std::io::Write as _;

use clap::{Args as ClapArgs, CommandFactory as _};
use clap_complete::Shell;

use super::{Cli, Exit, print};

/// For which shell.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// The shell, such as bash: source <(flashpoint-operator completions bash)
    shell: Shell,
}

/// Prints the script.
pub fn run(args: &Args) -> Exit {
    let mut script = Vec::new();
    let mut command = Cli::command();
    clap_complete::generate(
        args.shell,
        &mut command,
        env!("CARGO_PKG_NAME"),
        &mut script,
    );
    Exit::of(print(|out| out.write_all(&script)))
}

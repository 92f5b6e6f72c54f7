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

/// How `clap_complete` 4.6 spells the command in bash's `case` labels, where its name has a hyphen, and how in the variable that it
/// compares with them: no subcommand would ever be completed.
const MISSPELT: (&str, &str) = ("flashpoint__subcmd__operator", "flashpoint__operator");

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
    let (label, variable) = MISSPELT;
    let script = String::from_utf8_lossy(&script).replace(label, variable);
    Exit::of(print(|out| out.write_all(script.as_bytes())))
}

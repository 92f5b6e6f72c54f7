//! The command line as people run it: the real binary, against the simulators where it calls
//! somebody. `crd` and `validate` are tested with the resource.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod addresses;
mod completions;
mod destinations;
mod documentation;
mod enclaves;
mod encodings;
mod extract;
mod hostile;
mod ignite;
mod input;
mod interrupts;
mod misp;
mod mistakes;
mod mistakes_analyst;
mod moving;
mod outside;
mod own;
mod reasons;
mod recipes;
mod reference;
mod refusals;
mod stage;
mod state;
mod sync;
mod terminal;
mod validate;

use stage::operator;

#[tokio::test]
async fn version_is_told_by_command_and_by_flag() {
    let version = format!("flashpoint-operator {}\n", env!("CARGO_PKG_VERSION"));
    for argument in ["version", "--version"] {
        let run = operator(&[argument], "").await;
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (0, version.as_str()),
            "{argument}"
        );
    }
}

#[tokio::test]
async fn a_mistake_in_the_arguments_is_bad_input() {
    for (arguments, message) in [
        (&["sync"][..], "--filename <FILE>"),
        (
            &["extract", "--format", "pdf"],
            "possible values: auto, text, html, csv, json",
        ),
        (&["validat"], "a similar subcommand exists: 'validate'"),
        (&["completions", "tcl"], "possible values: bash"),
        (&[], "Usage: flashpoint-operator <COMMAND>"),
    ] {
        let run = operator(arguments, "").await;
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(run.stderr.contains(message), "{}", run.stderr);
    }
}

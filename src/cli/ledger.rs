//! `ledger`: what the operator remembers of a feed's reports, from the cluster.

mod show;

use std::io;

use clap::{Args as ClapArgs, ValueEnum};

use super::terminal::Look;
use super::{Exit, complain, print};
use crate::controller::remembered::{self, LedgerError};
use crate::telemetry::{self, LogFormat};

/// Whose ledger, and how it is printed.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// Name of the feed
    name: String,

    /// Namespace of the feed; default: that of the kubeconfig's context, or of the Pod
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<String>,

    /// How the ledger is printed
    #[arg(short, long, value_enum, default_value_t = Output::Table)]
    output: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For people: a line a report, the newest first.
    Table,
    /// One JSON document.
    Json,
}

/// Prints the ledger.
pub fn run(args: Args) -> Exit {
    read_and_print(args).unwrap_or_else(|(exit, message)| {
        complain("error", &message);
        exit
    })
}

fn read_and_print(args: Args) -> Result<Exit, (Exit, String)> {
    check_name(&args.name).map_err(|why| (Exit::BadInput, why))?;
    let filter = std::env::var("RUST_LOG").unwrap_or_else(|_| "warn".to_owned());
    telemetry::start(LogFormat::Text, &filter)
        .map_err(|error| (Exit::BadInput, error.to_string()))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| (Exit::Partial, error.to_string()))?;
    let read = runtime.block_on(remembered::ledger(args.namespace, args.name.clone()));
    let remembered = read.map_err(|error| match error {
        LedgerError::Absent { .. } => (Exit::BadInput, error.to_string()),
        _ => (Exit::Partial, error.to_string()),
    })?;
    let shown = show::Shown::new(&remembered.namespace, &args.name, &remembered.ledger);
    let printed = print(|out| match args.output {
        Output::Table => shown.table(Look::of(&io::stdout()), out),
        Output::Json => shown.json(out),
    });
    Ok(Exit::of(printed))
}

/// Refuses what can be no feed's name, and says what is meant where that can be told.
fn check_name(name: &str) -> Result<(), String> {
    let refused = format!("{name} is no feed's name");
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    match name.split_once('/') {
        Some((kind, name)) if is_kind(kind) => {
            Err(format!("{refused}: write ledger -n NAMESPACE {name}"))
        }
        Some((namespace, name)) => Err(format!("{refused}: write ledger -n {namespace} {name}")),
        None if name.is_empty() || !name.chars().all(plain) => Err(format!(
            "{refused}: it has lower-case letters, digits, '-' and '.'"
        )),
        None => Ok(()),
    }
}

/// Whether kubectl takes this for one of the operator's kinds.
fn is_kind(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    word == "fpf" || word.starts_with("flashpointfeed") || word.starts_with("flashpointledger")
}

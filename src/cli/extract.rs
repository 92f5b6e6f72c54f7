//! `extract`: the indicators in files or standard input, and which of them count.

mod document;
mod jsonl;
mod show;

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use super::{Exit, complain, print};
use indicators::{Markup, Rules};

/// What is looked at, and how the indicators are printed.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// Files to look at; -, or none, is standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,

    /// List only what counts for the filter of a feed with default settings
    #[arg(long)]
    counting: bool,

    /// Take each line as a document {"id":…,"text":…}, and print a line {"id":…,"indicators":[…]} for it
    #[arg(long)]
    jsonl: bool,

    /// How the input is written; json: a Flashpoint report, or what its API answers
    #[arg(long, value_enum, default_value_t = Format::Auto)]
    format: Format,
}

/// How an input is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Told by the content, and by a name that ends in .csv.
    Auto,
    /// Plain text.
    Text,
    /// HTML, whole or in fragments.
    Html,
    /// Comma-separated values: each cell is a text of its own.
    Csv,
    /// Reports as Flashpoint gives them.
    Json,
}

impl Format {
    /// How a text of this format is written, if that is not JSON.
    fn markup(self, text: &str) -> Markup {
        match self {
            Self::Text => Markup::Text,
            Self::Html => Markup::Html,
            Self::Csv => Markup::Csv,
            Self::Auto | Self::Json => Markup::detect(text),
        }
    }
}

/// Prints the indicators.
pub fn run(args: &Args) -> Exit {
    let rules = Rules::default();
    let read = if args.jsonl {
        jsonl::run(args, &rules)
    } else {
        list(args, &rules)
    };
    read.unwrap_or_else(|message| {
        complain("error", &message);
        Exit::Partial
    })
}

/// Lists what is found in all the inputs together, each once.
fn list(args: &Args, rules: &Rules) -> Result<Exit, String> {
    let (inputs, mut exit) = document::read(&args.files);
    let mut parts = Vec::new();
    for input in &inputs {
        match input.parts(args.format) {
            Ok(found) => parts.extend(found),
            Err(error) => {
                complain("error", &format!("{} {error}", input.name));
                exit = Exit::BadInput;
            }
        }
    }
    let parts: Vec<(Markup, &str)> = parts
        .iter()
        .map(|(markup, text)| (*markup, text.as_ref()))
        .collect();
    let mut found = indicators::find_all(&parts, rules);
    found.retain(|indicator| indicator.counts() || !args.counting);
    print(|out| show::list(&found, out))?;
    Ok(exit)
}

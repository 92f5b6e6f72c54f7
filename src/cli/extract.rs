//! `extract`: the indicators in files or standard input, and which of them count.

mod binary;
mod document;
mod encoding;
mod jsonl;
mod show;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, ValueEnum};

use self::document::Input;
use super::terminal::Look;
use super::{Exit, complain, print, sync};
use indicators::{Indicator, Markup, Rules};

/// What is looked at, and how the indicators are printed.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// Files to look at; -, or none, is standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,

    /// List only what counts for the filter
    #[arg(long)]
    counting: bool,

    /// File with a feed whose indicatorTypes, malwareNames and domains decide what is found and counts; default: those of a feed
    /// that sets none
    #[arg(long, value_name = "FILE")]
    feed: Option<PathBuf>,

    /// Which feed, where the file holds several: NAME or NAMESPACE/NAME
    #[arg(long, value_name = "NAME", requires = "feed")]
    name: Option<String>,

    /// Take each line as a document {"id":…,"text":…}, and print a line {"id":…,"indicators":[…]} for it
    #[arg(long)]
    jsonl: bool,

    /// How the input is written; json: a Flashpoint report, or what its API answers
    #[arg(long, value_enum, default_value_t = Format::Auto)]
    format: Format,

    /// How the indicators are printed; by default a table on a terminal, else lines
    #[arg(short, long, value_enum, conflicts_with = "jsonl")]
    output: Option<Output>,
}

/// How indicators are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For people: type, value, and why it does not count or that it counts.
    Table,
    /// The same a line, with tabs between; with several files the file's name is the fourth column.
    Lines,
    /// One JSON array with an element {"file":…,"indicators":[…]} for each file; what does not count says why in "benign".
    Json,
}

impl Args {
    /// The files to look at, in the order given.
    fn files(&self) -> Vec<&Path> {
        if self.files.is_empty() {
            vec![Path::new("-")]
        } else {
            self.files.iter().map(PathBuf::as_path).collect()
        }
    }
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
    let rules = match rules(args) {
        Ok(rules) => rules,
        Err(message) => {
            complain("error", &message);
            return Exit::BadInput;
        }
    };
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

/// The rules of the feed that is named, or else the default ones.
fn rules(args: &Args) -> Result<Rules, String> {
    let Some(path) = &args.feed else {
        return Ok(Rules::default());
    };
    let standard_input = Path::new("-");
    if path == standard_input && args.files().contains(&standard_input) {
        return Err(
            "standard input can't be both the feed and the text: give one of them as a file"
                .to_owned(),
        );
    }
    Ok(sync::input::settings(path, args.name.as_deref(), "--feed")?.rules())
}

/// Lists what is found in each input.
fn list(args: &Args, rules: &Rules) -> Result<Exit, String> {
    let mut exit = Exit::Done;
    let look = Look::of(&io::stdout());
    let by_default = if look.width.is_some() {
        Output::Table
    } else {
        Output::Lines
    };
    let output = args.output.unwrap_or(by_default);
    print(|out| {
        let mut listing = Listing {
            output,
            look,
            of_several: args.files.len() > 1,
            listed: 0,
        };
        listing.begin(out)?;
        for path in args.files() {
            let read =
                document::read(path).and_then(|input| Ok((find(&input, args, rules)?, input)));
            match read {
                Ok((mut found, input)) => {
                    let all = found.len();
                    found.retain(|indicator| indicator.counts() || !args.counting);
                    listing.add(&input.name, &found, all - found.len(), out)?;
                }
                Err(message) => {
                    complain("error", &message);
                    exit = Exit::BadInput;
                }
            }
        }
        listing.end(out)
    })?;
    Ok(exit)
}

/// What is found in one input.
fn find(input: &Input, args: &Args, rules: &Rules) -> Result<Vec<Indicator>, String> {
    let parts = input
        .parts(args.format)
        .map_err(|error| format!("{} {error}", input.name))?;
    let parts: Vec<(Markup, &str)> = parts
        .iter()
        .map(|(markup, text)| (*markup, text.as_ref()))
        .collect();
    Ok(indicators::find_all(&parts, rules))
}

/// The output for one input after the other.
struct Listing {
    output: Output,
    look: Look,
    of_several: bool,
    listed: usize,
}

impl Listing {
    fn begin(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(if self.output == Output::Json {
            b"["
        } else {
            b""
        })
    }

    /// Lists what was found in one input, but for those that are left out.
    fn add(
        &mut self,
        name: &str,
        found: &[Indicator],
        left_out: usize,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let document = self.of_several.then_some(name);
        let first = self.listed == 0;
        self.listed += 1;
        match self.output {
            Output::Table => {
                out.write_all(if first { b"" } else { b"\n" })?;
                show::table(document, found, left_out, self.look, out)
            }
            Output::Lines => show::lines(document, found, out),
            Output::Json => {
                out.write_all(if first { b"\n" } else { b",\n" })?;
                show::element(name, found, out)
            }
        }
    }

    fn end(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(if self.output == Output::Json {
            b"\n]\n"
        } else {
            b""
        })
    }
}

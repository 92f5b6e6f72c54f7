//! `validate`: whether the feeds in files are right, found offline.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;

use super::terminal::plain;
use super::{Exit, manifest, print};
use crate::api::{Checked, Checker};

/// What is validated.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// Files of YAML or JSON, with any number of documents; - is standard input
    #[arg(short = 'f', long = "filename", value_name = "FILE", required = true, num_args = 1..)]
    files: Vec<PathBuf>,
}

/// Checks each feed, prints a line for each and for each mistake, and refuses if there is a mistake or no feed at all.
pub fn run(args: &Args) -> Exit {
    let mut exit = Exit::Done;
    let printed = print(|out| {
        exit = report(&args.files, out)?;
        Ok(())
    });
    exit.max(Exit::of(printed))
}

fn report(files: &[PathBuf], out: &mut impl Write) -> io::Result<Exit> {
    let checker = Checker::default();
    let (mut valid, mut refused) = (0_usize, 0_usize);
    for file in files {
        let name = if file == Path::new("-") {
            "standard input".into()
        } else {
            file.display().to_string()
        };
        let objects = match manifest::read(file).and_then(|text| manifest::objects(&text)) {
            Ok(objects) => objects,
            Err(error) => {
                refused += 1;
                writeln!(out, "{}", plain(&format!("{name}: {error}")))?;
                continue;
            }
        };
        for (place, object) in objects {
            match checker.check(&object) {
                Checked::Feed(feed) => {
                    valid += 1;
                    let told = format!("{name}: {place}: {} is valid", title(&feed.metadata));
                    writeln!(out, "{}", plain(&told))?;
                }
                Checked::Other(other) => {
                    let told =
                        format!("{name}: {place}: passed over, no FlashpointFeed but {other}");
                    writeln!(out, "{}", plain(&told))?;
                }
                Checked::Refused(problems) => {
                    refused += 1;
                    for problem in problems {
                        writeln!(out, "{}", plain(&format!("{name}: {place}: {problem}")))?;
                    }
                }
            }
        }
    }
    if valid == 0 && refused == 0 {
        writeln!(out, "there is no FlashpointFeed in what was given")?;
    }
    Ok(if valid > 0 && refused == 0 {
        Exit::Done
    } else {
        Exit::BadInput
    })
}

/// A feed as people name it: `FlashpointFeed intel/cybercrime`.
fn title(metadata: &k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta) -> String {
    let name = metadata
        .name
        .as_deref()
        .or(metadata.generate_name.as_deref())
        .unwrap_or_default();
    let namespace = metadata
        .namespace
        .as_ref()
        .map(|namespace| format!("{namespace}/"))
        .unwrap_or_default();
    format!("FlashpointFeed {namespace}{name}")
}

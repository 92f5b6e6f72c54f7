//! `validate`: whether the feeds in files are right, found offline.

use std::collections::HashSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use serde_json::Value;

use super::sync::secrets::{self, File};
use super::terminal::plain;
use super::{Exit, file, manifest, print};
use crate::api::{Checked, Checker, FeedSettings, FlashpointFeed};

/// What is validated.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// Files of YAML or JSON, with any number of documents; - is standard input
    #[arg(value_name = "FILE", required_unless_present = "named")]
    files: Vec<PathBuf>,

    /// The same, as kubectl takes them
    #[arg(short = 'f', long = "filename", value_name = "FILE", num_args = 1..)]
    named: Vec<PathBuf>,
}

/// Checks each feed and its Secrets, prints a line for each and for each mistake, and refuses if there is a mistake or no feed at all.
pub fn run(args: &Args) -> Exit {
    let mut exit = Exit::Done;
    let printed = print(|out| {
        let mut report = Report::new(out);
        let paths = args.files.iter().chain(&args.named);
        let files: Vec<Manifest> = paths
            .filter_map(|path| report.read(path).transpose())
            .collect::<io::Result<_>>()?;
        for file in &files {
            for (place, object) in file.places.iter().zip(&file.objects) {
                report.check(&files, &format!("{}: {place}", file.name), object)?;
            }
        }
        exit = report.end(&files)?;
        Ok(())
    });
    exit.max(Exit::of(printed))
}

/// The objects of a file.
struct Manifest {
    name: String,
    /// Where each object stands in the file.
    places: Vec<String>,
    objects: Vec<Value>,
}

/// What is said of the feeds, and what it comes to.
struct Report<'o, W> {
    out: &'o mut W,
    checker: Checker,
    valid: usize,
    refused: usize,
    /// The Secrets that a feed names.
    named: HashSet<String>,
}

impl<'o, W: Write> Report<'o, W> {
    fn new(out: &'o mut W) -> Self {
        Self {
            out,
            checker: Checker::default(),
            valid: 0,
            refused: 0,
            named: HashSet::new(),
        }
    }

    fn say(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.out, "{}", plain(line))
    }

    fn refuse(&mut self, line: &str) -> io::Result<()> {
        self.refused += 1;
        self.say(line)
    }

    /// The objects of a file, unless it can't be read, which is said.
    fn read(&mut self, path: &Path) -> io::Result<Option<Manifest>> {
        let name = file::name_of(path);
        match manifest::read(path).and_then(|text| manifest::objects(&text)) {
            Ok(objects) => {
                let (places, objects) = objects.into_iter().unzip();
                Ok(Some(Manifest {
                    name,
                    places,
                    objects,
                }))
            }
            Err(error) => self.refuse(&format!("{name}: {error}")).map(|()| None),
        }
    }

    fn check(&mut self, files: &[Manifest], place: &str, object: &Value) -> io::Result<()> {
        match self.checker.check(object) {
            Checked::Feed(feed) => {
                self.valid += 1;
                self.say(&format!("{place}: {} is valid", title(&feed.metadata)))?;
                self.check_secrets(files, &feed)
            }
            // Said at the end, when it is known which of them the feeds name.
            Checked::Other(_) if secrets::is_secret(object) => Ok(()),
            Checked::Other(other) => self.say(&format!(
                "{place}: passed over, no FlashpointFeed but {other}"
            )),
            Checked::Refused(problems) => {
                self.refused += 1;
                for problem in problems {
                    self.say(&format!("{place}: {problem}"))?;
                }
                Ok(())
            }
        }
    }

    /// Whether the Secrets of a feed, where they are in what was given, hold the keys that it needs.
    fn check_secrets(&mut self, files: &[Manifest], feed: &FlashpointFeed) -> io::Result<()> {
        let Ok(settings) = FeedSettings::try_from(&feed.spec) else {
            return Ok(());
        };
        for file in files {
            let objects = File {
                objects: &file.objects,
                name: &file.name,
                is_for_secrets: false,
            };
            for secret in secrets::check(&objects, feed, &settings) {
                match secret.problem {
                    Some(problem) => self.refuse(&problem)?,
                    None => self.say(&format!(
                        "{}: Secret {} has the keys that the feed needs",
                        file.name, secret.title
                    ))?,
                }
                self.named.insert(secret.title);
            }
        }
        Ok(())
    }

    fn end(mut self, files: &[Manifest]) -> io::Result<Exit> {
        for file in files {
            for secret in file
                .objects
                .iter()
                .filter(|object| secrets::is_secret(object))
            {
                let title = secrets::title(secret);
                if !self.named.contains(&title) {
                    let name = &file.name;
                    self.say(&format!(
                        "{name}: passed over, no valid feed here names Secret {title}"
                    ))?;
                }
            }
        }
        if self.valid == 0 && self.refused == 0 {
            self.say("there is no FlashpointFeed in what was given")?;
        }
        Ok(if self.valid > 0 && self.refused == 0 {
            Exit::Done
        } else {
            Exit::BadInput
        })
    }
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

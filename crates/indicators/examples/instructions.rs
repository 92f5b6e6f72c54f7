//! What `benches/indicators/instructions` counts the instructions of.
//!
//! `write FOLDER` writes the inputs, one file a kind, texts in it apart by a NUL. `run FILE PASSES` searches the texts of such a
//! file as often; its kind is the file's name. The same inputs go through the extractors of two trees, so that a change of
//! the corpus changes no ratio.

use std::error::Error;
use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::{fs, io};

use indicators::{Markup, Rules, html};

#[path = "../../../benches/indicators/corpus.rs"]
mod corpus;

/// Bytes of HTML that the inputs are made from: a second or two under an emulator, and more than any cache holds.
const BYTES: usize = 600_000;

const NAMES: &str = include_str!("../lists/malware-names.tsv");

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["write", folder] => Ok(write(Path::new(folder))?),
        ["run", file, passes] => run(Path::new(file), passes.parse()?),
        _ => Err("use: write FOLDER, or run FILE PASSES".into()),
    }
}

fn run(file: &Path, passes: usize) -> Result<(), Box<dyn Error>> {
    let markup = match file.file_name().and_then(|name| name.to_str()) {
        Some("html") => Markup::Html,
        Some("csv") => Markup::Csv,
        _ => Markup::Text,
    };
    let texts = fs::read_to_string(file)?;
    let rules = Rules::default();
    for _ in 0..passes {
        for text in texts.split('\0') {
            black_box(indicators::find(&[(markup, text)], &rules));
        }
    }
    Ok(())
}

fn write(folder: &Path) -> io::Result<()> {
    let reports = corpus::reports(&mut corpus::Seed(0x9e37_79b9_7f4a_7c15), BYTES);
    let plain: Vec<String> = reports.iter().map(|report| plain(report)).collect();
    let csv: Vec<String> = reports.iter().map(|report| csv(report)).collect();
    let mut malware = NAMES.lines().filter_map(|line| line.split('\t').next());
    let full: Vec<String> = plain
        .iter()
        .map(|text| full_of(&mut malware, text))
        .collect();
    for (kind, texts) in [
        ("html", reports),
        ("plain", plain),
        ("csv", csv),
        ("names", full),
    ] {
        fs::write(folder.join(kind), texts.join("\0"))?;
    }
    Ok(())
}

fn plain(report: &str) -> String {
    let (mut text, mut links) = (String::new(), String::new());
    html::to_text(report, &mut text, &mut links);
    text + "\n" + &links
}

/// The table of a report, each of its rows ten times over with a note, which is about the report's size.
fn csv(report: &str) -> String {
    let mut rows = String::from("type,value,first seen,last seen,note\n");
    for row in report.split("<tr><td>").skip(1) {
        let Some((kind, rest)) = row.split_once("</td><td><code>") else {
            continue;
        };
        let value = rest.split("</code>").next().unwrap_or_default();
        for day in 10..20 {
            let _ = writeln!(
                rows,
                "{kind},\"{value}\",2024-05-{day},2024-06-{day},\"seen twice, by two sensors\""
            );
        }
    }
    rows
}

/// A text with two names of malware after each of its sentences.
fn full_of<'a>(malware: &mut impl Iterator<Item = &'a str>, text: &str) -> String {
    let mut full = String::new();
    for sentence in text.split_inclusive(". ") {
        full.push_str(sentence);
        if let (Some(one), Some(other)) = (malware.next(), malware.next()) {
            let _ = write!(
                full,
                "The loader drops {one}, in earlier campaigns {other} ransomware. "
            );
        }
    }
    full
}

//! The extractor on four kinds of text, all from the reports that its speed is measured with.

use std::fmt::Write as _;
use std::hint::black_box;

use indicators::{Markup, Rules, html};

use crate::Case;

#[path = "../../indicators/corpus.rs"]
mod corpus;

/// Bytes of HTML that the texts are made from: a second or two under an emulator, and more than any cache holds.
const BYTES: usize = 600_000;

const NAMES: &str = include_str!("../../../crates/indicators/lists/malware-names.tsv");

/// Searches all texts of a kind.
pub fn find(kind: &str) -> Case {
    let reports = corpus::reports(&mut corpus::Seed(0x9e37_79b9_7f4a_7c15), BYTES);
    let plain = reports.iter().map(|report| plain(report));
    let mut malware = NAMES.lines().filter_map(|line| line.split('\t').next());
    let (markup, texts): (Markup, Vec<String>) = match kind {
        "plain" => (Markup::Text, plain.collect()),
        "csv" => (Markup::Csv, reports.iter().map(|html| csv(html)).collect()),
        "names" => {
            let full = plain.map(|text| full_of(&mut malware, &text));
            (Markup::Text, full.collect())
        }
        _ => (Markup::Html, reports),
    };
    let bytes = texts.iter().map(String::len).sum();
    let rules = Rules::default();
    Case::new("byte", bytes, move || {
        for text in &texts {
            black_box(indicators::find(&[(markup, text)], &rules));
        }
    })
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

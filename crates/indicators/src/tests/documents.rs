//! Whole documents, each beside the complete list of what is to be found in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::score::Score;
use super::snapshot;
use crate::{IndicatorType, Markup, Rules};

/// What must not be lost, in percent: (type, recall, precision). The goal is 98 and 98, and 90 and 90 for malware; a type
/// stands lower here as long as it falls short of that.
const FLOORS: [(IndicatorType, f64, f64); 9] = [
    (IndicatorType::Ip, 98.0, 98.0),
    (IndicatorType::Domain, 98.0, 98.0),
    (IndicatorType::Url, 98.0, 98.0),
    (IndicatorType::BitcoinAddress, 98.0, 98.0),
    (IndicatorType::Sha1, 98.0, 98.0),
    (IndicatorType::Sha256, 98.0, 98.0),
    (IndicatorType::Cve, 98.0, 98.0),
    (IndicatorType::RegistryKey, 98.0, 98.0),
    (IndicatorType::Malware, 90.0, 90.0),
];

const LIST_SUFFIX: &str = ".expected.tsv";

/// Values by type, each with whether it counts for the filter.
type Values = BTreeMap<(IndicatorType, String), bool>;

#[derive(Default)]
struct Outcome {
    scores: [Score; 9],
    /// How many are to be found without counting, and how many to count.
    benign: u32,
    counting: u32,
    /// How many of them were found and judged the other way.
    benign_that_count: u32,
    counting_that_do_not: u32,
    /// What is wrong, a line each.
    faults: Vec<String>,
}

#[test]
fn whole_documents_yield_what_is_in_them() {
    let documents = documents();
    let outcomes: Vec<(String, Outcome)> = documents
        .iter()
        .map(|path| {
            let name = file_name(path);
            let outcome = compare(&name, &expected(path), &found(path));
            (name, outcome)
        })
        .collect();
    print_documents(&outcomes);
    let mut totals = [Score::default(); 9];
    for (_, outcome) in &outcomes {
        for (total, score) in totals.iter_mut().zip(outcome.scores) {
            total.add(score);
        }
    }
    print_types(&totals);
    print_counting(&outcomes);
    let faults: Vec<String> = outcomes.into_iter().flat_map(|(_, of)| of.faults).collect();
    snapshot::hold("documents.misses.txt", &faults);
    for (kind, recall, precision) in FLOORS {
        let score = totals[kind as usize];
        assert!(
            score.recall() >= recall && score.precision() >= precision,
            "{kind}: recall {:.1}, precision {:.1}",
            score.recall(),
            score.precision()
        );
    }
}

/// The documents, by name. Each has its list beside it.
fn documents() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/documents");
    let files: BTreeSet<PathBuf> = fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .collect();
    let (lists, documents): (Vec<PathBuf>, Vec<PathBuf>) = files
        .into_iter()
        .partition(|path| file_name(path).ends_with(LIST_SUFFIX));
    let needed: Vec<PathBuf> = documents.iter().map(|path| list_of(path)).collect();
    assert_eq!(lists, needed, "each document needs its list, and no more");
    documents
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

fn list_of(document: &Path) -> PathBuf {
    document.with_file_name(file_name(document) + LIST_SUFFIX)
}

/// The values that a document's list names.
fn expected(document: &Path) -> Values {
    let path = list_of(document);
    let list = fs::read_to_string(&path).unwrap();
    let mut values = Values::new();
    for line in list.lines() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (kind, value, counts) = match line.split('\t').collect::<Vec<_>>()[..] {
            [kind, value] => (kind, value, true),
            [kind, value, "benign"] => (kind, value, false),
            _ => panic!("{}: {line:?} is no line of a list", path.display()),
        };
        let kind: IndicatorType = kind
            .parse()
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let earlier = values.insert((kind, comparable(kind, value)), counts);
        assert!(
            earlier.is_none(),
            "{}: {line:?} stands twice",
            path.display()
        );
    }
    values
}

/// The values that the extractor finds in a document. A name of which it is not certain is none.
fn found(document: &Path) -> Values {
    let text = fs::read_to_string(document).unwrap();
    let markup = match document
        .extension()
        .and_then(|extension| extension.to_str())
    {
        Some("html") => Markup::Html,
        Some("csv") => Markup::Csv,
        _ => Markup::detect(&text),
    };
    crate::find(&[(markup, &text)], &Rules::default())
        .into_iter()
        .filter(|indicator| indicator.kind != IndicatorType::Malware || indicator.counts())
        .map(|indicator| {
            let counts = indicator.counts();
            let value = comparable(indicator.kind, &indicator.value);
            ((indicator.kind, value), counts)
        })
        .collect()
}

/// A value in the form that it is compared in: names of malware are the same in any case.
fn comparable(kind: IndicatorType, value: &str) -> String {
    match kind {
        IndicatorType::Malware => value.to_lowercase(),
        _ => value.to_owned(),
    }
}

fn compare(document: &str, expected: &Values, found: &Values) -> Outcome {
    let mut outcome = Outcome::default();
    for (value, should_count) in expected {
        let (kind, name) = value;
        let score = &mut outcome.scores[*kind as usize];
        let all = match should_count {
            true => &mut outcome.counting,
            false => &mut outcome.benign,
        };
        *all += 1;
        let fault = match (found.get(value), should_count) {
            (None, _) => {
                score.missed += 1;
                "missed"
            }
            (Some(true), false) => {
                score.right += 1;
                outcome.benign_that_count += 1;
                "counts"
            }
            (Some(false), true) => {
                score.right += 1;
                outcome.counting_that_do_not += 1;
                "does not count"
            }
            (Some(_), _) => {
                score.right += 1;
                continue;
            }
        };
        outcome
            .faults
            .push(format!("{document} {fault} {kind} {name}"));
    }
    for (kind, name) in found.keys() {
        if !expected.contains_key(&(*kind, name.clone())) {
            outcome.scores[*kind as usize].surplus += 1;
            outcome
                .faults
                .push(format!("{document} surplus {kind} {name}"));
        }
    }
    outcome
}

/// `right-missed+surplus`, as much of it as there is.
fn cell(score: Score) -> String {
    let mut cell = String::new();
    for (sign, number) in [("", score.right), ("-", score.missed), ("+", score.surplus)] {
        if number > 0 {
            let _ = write!(cell, "{sign}{number}");
        }
    }
    cell
}

fn print_documents(outcomes: &[(String, Outcome)]) {
    print!("{:<40}", "document");
    for kind in IndicatorType::ALL {
        print!("{:>15}", kind.as_str());
    }
    println!();
    for (name, outcome) in outcomes {
        print!("{name:<40}");
        for score in outcome.scores {
            print!("{:>15}", cell(score));
        }
        println!();
    }
}

fn print_types(totals: &[Score; 9]) {
    println!(
        "\n{:<15}{:>7}{:>7}{:>8}{:>8}{:>10}",
        "type", "right", "missed", "surplus", "recall", "precision"
    );
    for kind in IndicatorType::ALL {
        let score = totals[kind as usize];
        println!(
            "{:<15}{:>7}{:>7}{:>8}{:>8.1}{:>10.1}",
            kind.as_str(),
            score.right,
            score.missed,
            score.surplus,
            score.recall(),
            score.precision()
        );
    }
}

fn print_counting(outcomes: &[(String, Outcome)]) {
    let sum =
        |of: fn(&Outcome) -> u32| -> u32 { outcomes.iter().map(|(_, outcome)| of(outcome)).sum() };
    println!(
        "\n{} of {} benign count, {} of {} others do not",
        sum(|outcome| outcome.benign_that_count),
        sum(|outcome| outcome.benign),
        sum(|outcome| outcome.counting_that_do_not),
        sum(|outcome| outcome.counting)
    );
}

//! Recall and precision on the cases made from the peers' own test suites.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::score::Score;
use crate::{IndicatorType, Markup, Rules};

const CASES: &str = include_str!("../../fixtures/cases.jsonl");

/// The figures that must not be lost, in percent: (type, recall, precision).
const FLOORS: [(IndicatorType, f64, f64); 8] = [
    (IndicatorType::Ip, 98.0, 98.0),
    (IndicatorType::Domain, 98.0, 98.0),
    (IndicatorType::Url, 97.0, 97.0),
    (IndicatorType::BitcoinAddress, 100.0, 100.0),
    (IndicatorType::Sha1, 100.0, 100.0),
    (IndicatorType::Sha256, 100.0, 100.0),
    (IndicatorType::Cve, 100.0, 100.0),
    (IndicatorType::RegistryKey, 100.0, 100.0),
];
const TOTAL_FLOOR: (f64, f64) = (97.0, 98.0);

#[derive(Deserialize)]
struct Case {
    id: String,
    text: String,
    expect: Vec<Expected>,
    forbid: Vec<Expected>,
    /// The types whose list is complete, so that a surplus is an error.
    complete: Vec<IndicatorType>,
}

#[derive(Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Expected {
    #[serde(rename = "type")]
    kind: IndicatorType,
    value: String,
}

#[test]
fn the_peers_cases_are_found() {
    let mut scores = [Score::default(); 9];
    for line in CASES.lines() {
        let case: Case = serde_json::from_str(line).unwrap();
        let found: BTreeSet<Expected> = crate::find(
            &[(Markup::detect(&case.text), &case.text)],
            &Rules::default(),
        )
        .into_iter()
        .map(|indicator| Expected {
            kind: indicator.kind,
            value: indicator.value,
        })
        .collect();
        for expected in &case.expect {
            let score = &mut scores[expected.kind as usize];
            if found.contains(expected) {
                score.right += 1;
            } else {
                score.missed += 1;
                println!(
                    "{} missed {} {} in {:?}",
                    case.id, expected.kind, expected.value, case.text
                );
            }
        }
        for one in &found {
            let listed = case.complete.contains(&one.kind) && !case.expect.contains(one);
            if listed || case.forbid.contains(one) {
                scores[one.kind as usize].surplus += 1;
                println!(
                    "{} surplus {} {} in {:?}",
                    case.id, one.kind, one.value, case.text
                );
            }
        }
    }
    println!(
        "{:<15}{:>7}{:>7}{:>8}{:>8}{:>10}",
        "type", "right", "missed", "surplus", "recall", "precision"
    );
    let mut total = Score::default();
    for kind in IndicatorType::ALL {
        let score = scores[kind as usize];
        total.add(score);
        print(kind.as_str(), score);
    }
    print("all", total);
    for (kind, recall, precision) in FLOORS {
        let score = scores[kind as usize];
        assert!(
            score.recall() >= recall,
            "{kind}: recall {}",
            score.recall()
        );
        assert!(
            score.precision() >= precision,
            "{kind}: precision {}",
            score.precision()
        );
    }
    assert!(total.recall() >= TOTAL_FLOOR.0 && total.precision() >= TOTAL_FLOOR.1);
}

fn print(name: &str, score: Score) {
    println!(
        "{name:<15}{:>7}{:>7}{:>8}{:>8.1}{:>10.1}",
        score.right,
        score.missed,
        score.surplus,
        score.recall(),
        score.precision()
    );
}

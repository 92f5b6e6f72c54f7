//! Faults of other extractors, and of this one, as the public reported them.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::snapshot;
use crate::{Indicator, IndicatorType, Markup, Rules};

const CASES: &str = include_str!("../../fixtures/reported.jsonl");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    id: String,
    /// Where the fault was reported.
    #[serde(rename = "source")]
    _source: String,
    text: String,
    /// How the text is written; detected where it is absent.
    format: Option<Format>,
    #[serde(default)]
    expected: Vec<Value>,
    #[serde(default)]
    must_not: Vec<Value>,
    /// What may be found, but must not count.
    #[serde(default)]
    must_not_count: Vec<Value>,
    /// The types of which nothing but what is expected may be found.
    #[serde(default)]
    complete: Vec<IndicatorType>,
    /// The letter of the fault; with a `T`, what is right is open to debate.
    #[serde(default)]
    kind: String,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Format {
    Text,
    Html,
    Csv,
}

#[derive(Deserialize, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Value {
    #[serde(rename = "type")]
    kind: IndicatorType,
    value: String,
}

impl Case {
    fn markup(&self) -> Markup {
        match self.format {
            None => Markup::detect(&self.text),
            Some(Format::Text) => Markup::Text,
            Some(Format::Html) => Markup::Html,
            Some(Format::Csv) => Markup::Csv,
        }
    }

    /// What is wrong, a line each.
    fn faults(&self) -> Vec<String> {
        let found = crate::find(&[(self.markup(), &self.text)], &Rules::default());
        // Each with whether it counts.
        let found: BTreeMap<Value, bool> = found
            .into_iter()
            .map(|indicator| {
                let counts = indicator.counts();
                let Indicator { kind, value, .. } = indicator;
                (Value { kind, value }, counts)
            })
            .collect();
        let line = |what: &str, value: &Value| {
            format!(
                "{} {} {what} {} {}",
                self.kind, self.id, value.kind, value.value
            )
        };
        let missed = self
            .expected
            .iter()
            .filter(|value| !found.contains_key(value))
            .map(|value| line("missed", value));
        let surplus = found
            .keys()
            .filter(|value| {
                self.must_not.contains(value)
                    || self.complete.contains(&value.kind) && !self.expected.contains(value)
            })
            .map(|value| line("surplus", value));
        let counts = self
            .must_not_count
            .iter()
            .filter(|value| found.get(value) == Some(&true))
            .map(|value| line("counts", value));
        missed.chain(surplus).chain(counts).collect()
    }
}

#[test]
fn what_was_reported_is_right() {
    let mut kinds: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    let mut misses = Vec::new();
    for line in CASES.lines() {
        let case: Case = serde_json::from_str(line).unwrap();
        let faults = case.faults();
        let (right, all) = kinds.entry(case.kind).or_default();
        *all += 1;
        *right += u32::from(faults.is_empty());
        misses.extend(faults);
    }
    println!("{:<6}{:>6}{:>6}", "kind", "right", "of");
    for (kind, (right, all)) in &kinds {
        println!("{kind:<6}{right:>6}{all:>6}");
    }
    let (right, all) = kinds
        .iter()
        .filter(|(kind, _)| !kind.starts_with('T'))
        .fold((0, 0), |(right, all), (_, kind)| {
            (right + kind.0, all + kind.1)
        });
    println!("without T: {right} of {all}");
    snapshot::hold("reported.misses.txt", &misses);
}

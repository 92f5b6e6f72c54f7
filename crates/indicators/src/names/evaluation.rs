//! How well names are found in sentences written for the purpose, by kind of sentence. `cargo test names -- --nocapture` prints the table.
//!
//! A name counts once a sentence, by its spelling in the text, blind to case; only confident matches count.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{NameSettings, find};

#[derive(Deserialize)]
struct Sentence {
    set: String,
    text: String,
    names: Vec<String>,
}

#[derive(Default)]
struct Score {
    sentences: usize,
    found: usize,
    missed: usize,
    wrong: usize,
}

impl Score {
    #[allow(clippy::cast_precision_loss, reason = "small counts")]
    fn share(part: usize, rest: usize) -> f64 {
        100.0 * part as f64 / (part + rest).max(1) as f64
    }

    fn recall(&self) -> f64 {
        Self::share(self.found, self.missed)
    }

    fn precision(&self) -> f64 {
        Self::share(self.found, self.wrong)
    }

    fn add(&mut self, other: &Self) {
        self.sentences += other.sentences;
        self.found += other.found;
        self.missed += other.missed;
        self.wrong += other.wrong;
    }
}

fn sentences() -> Vec<Sentence> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/sentences.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn score(sentence: &Sentence) -> Score {
    let mut matches = Vec::new();
    find(&sentence.text, &NameSettings::default(), &mut matches);
    let confident = matches.iter().filter(|found| found.confident);
    let found: BTreeSet<_> = confident
        .map(|found| sentence.text[found.start..found.end].to_lowercase())
        .collect();
    let expected: BTreeSet<_> = sentence
        .names
        .iter()
        .map(|name| name.to_lowercase())
        .collect();
    if found != expected {
        println!(
            "{}: found {found:?}, expected {expected:?}: {}",
            sentence.set, sentence.text
        );
    }
    Score {
        sentences: 1,
        found: found.intersection(&expected).count(),
        missed: expected.difference(&found).count(),
        wrong: found.difference(&expected).count(),
    }
}

#[test]
fn names_are_found_in_reports_and_not_in_other_texts() {
    let mut sets: BTreeMap<String, Score> = BTreeMap::new();
    for sentence in &sentences() {
        sets.entry(sentence.set.clone())
            .or_default()
            .add(&score(sentence));
    }
    let mut all = Score::default();
    for score in sets.values() {
        all.add(score);
    }
    println!(
        "{:10} {:>9} {:>6} {:>6} {:>5} {:>7} {:>9}",
        "set", "sentences", "found", "missed", "wrong", "recall", "precision"
    );
    for (set, score) in sets
        .iter()
        .map(|(set, score)| (set.as_str(), score))
        .chain([("all", &all)])
    {
        let Score {
            sentences,
            found,
            missed,
            wrong,
        } = score;
        println!(
            "{set:10} {sentences:>9} {found:>6} {missed:>6} {wrong:>5} {:>7.1} {:>9.1}",
            score.recall(),
            score.precision()
        );
    }
    assert!(all.sentences >= 800);
    assert!(all.recall() >= 95.0, "recall {:.1}", all.recall());
    assert!(all.precision() >= 98.0, "precision {:.1}", all.precision());
    for set in ["report", "vendor"] {
        assert!(sets[set].recall() >= 93.0, "{set}");
        assert!(sets[set].precision() >= 98.0, "{set}");
    }
    // Nothing in a text that is not about malware; and names of groups, campaigns and tools are not malware's.
    assert!(sets["general"].wrong <= 2);
    assert!(sets["hard"].wrong <= 2);
}

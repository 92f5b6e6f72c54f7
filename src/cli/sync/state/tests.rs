use indicators::{Indicator, IndicatorType};

use super::*;
use crate::sync::ledger::{Entry, State as ReportState};
use crate::sync::ports::Verdict;
use crate::sync::report::Digest;

/// A row of a report in which this was found.
fn row(id: String, value: &str) -> Row {
    Row {
        id,
        title: String::new(),
        posted_at: None,
        verdict: Verdict::Created,
        why: String::new(),
        indicators: Some(vec![Indicator {
            kind: IndicatorType::Url,
            value: value.to_owned(),
            defanged: false,
            benign: None,
        }]),
        own: None,
        without_csv: false,
        written: true,
    }
}

fn with_reports(count: usize, id: impl Fn(usize) -> String) -> State {
    let mut state = State::empty("intel/a", "enclave");
    for at in 0..count {
        let entry = Entry {
            digest: Digest(at as u64),
            filed_at: "2026-03-04T12:00:00Z".parse().unwrap(),
            state: ReportState::Sent,
            delivered: true,
            labels: Vec::new(),
            csv: None,
            tries: None,
            handle: None,
        };
        state.ledger.set(ReportId::new(&id(at)).unwrap(), entry);
    }
    state
}

/// A file that the next run refuses for its size would be worse than a reason that is lost.
#[test]
fn however_many_reasons_there_are_the_file_can_be_read_again() {
    let id = |at: usize| format!("{at}{}", "\u{1}".repeat(300));
    let mut state = with_reports(12_000, id);
    let rows: Vec<Row> = (0..12_000)
        .map(|at| row(id(at), &"\"\\".repeat(100)))
        .collect();
    state.remember(&rows);
    let held = state.reasons.iter();
    let held: usize = held.map(|(id, reason)| id.len() + reason.len()).sum();
    assert!(held <= MAX_REASONS && held > MAX_REASONS / 2, "{held}");

    let directory = tempfile::tempdir().unwrap();
    let file = StateFile::new(&directory.path().join("state.json"), "intel/a", "enclave");
    file.save(&state).unwrap();
    let read = file.read().unwrap();
    assert_eq!(read.ledger.len(), 12_000);
    assert_eq!(read.reasons, state.reasons);
}

#[test]
fn the_reason_of_a_report_that_is_forgotten_goes_with_it() {
    let mut state = with_reports(2, |at| format!("r{at}"));
    state.remember(&["r0", "r1", "unknown"].map(|id| row(id.to_owned(), "http://a.example/")));
    assert_eq!(state.reasons.len(), 2);
    state.ledger.remove(&ReportId::new("r0").unwrap());
    state.remember(&[]);
    assert_eq!(
        state.reasons.into_iter().collect::<Vec<_>>(),
        [("r1".to_owned(), "URL http://a.example/".to_owned())]
    );
}

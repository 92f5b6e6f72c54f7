//! A state file as another version of `sync` left it, held by `tests/golden/state.json`.

use serde_json::Value;

use super::*;
use crate::golden::{self, at};
use crate::sync::ledger::{Entry, Failure, State as ReportState, Totals};
use crate::sync::report::{Digest, ReportId};

const FILE: &str = "state.json";
const FEED: &str = "intel/cybercrime";
const ENCLAVE: &str = "3f1d2c84-6a0b-4c57-9e3a-b2d7c1f08e65";

fn window() -> Window {
    Window {
        since: Some(at("2026-03-03T12:00:00.25Z")),
        covered_to: Some(at("2026-03-04T06:00:00.123456789Z")),
    }
}

fn ledger() -> Ledger {
    let mut ledger = Ledger::new(Owner {
        uid: FEED.to_owned(),
        destination: ENCLAVE.to_owned(),
    });
    ledger.totals = Totals {
        syncs: 3,
        submitted: 2,
        failed: 1,
    };
    ledger.last_submitted = Some(at("2026-03-04T12:30:58.75Z"));
    let sent = Entry {
        digest: Digest(0x0123_4567_89ab_cdef),
        filed_at: at("2026-03-03T23:59:59Z"),
        state: ReportState::Sent,
        delivered: true,
        labels: vec!["Fraud".to_owned()],
        csv: None,
        tries: None,
        handle: None,
    };
    let failed = Entry {
        state: ReportState::Failed(Box::new(Failure {
            attempts: 1,
            first: at("2026-03-04T12:31:00Z"),
            next: at("2026-03-04T12:45:00Z"),
            title: "A title".to_owned(),
            reason: "TruSTAR answered 400".to_owned(),
        })),
        delivered: false,
        labels: Vec::new(),
        ..sent.clone()
    };
    ledger.set(ReportId::new("6n_wnmYvXNS6lA4-QbSlzA").unwrap(), sent);
    ledger.set(ReportId::new("failed").unwrap(), failed);
    ledger
}

/// The file's text with the ledger left out, whose form is held by itself, and the ledger.
fn parts(text: &str) -> (String, Ledger) {
    let fields: Value = serde_json::from_str(text).unwrap();
    let data = fields["ledger"].as_str().unwrap();
    let ledger = Ledger::decode(data, ledger().owner);
    (text.replace(data, "…"), ledger)
}

#[test]
fn a_state_file_is_read_as_it_was_meant_and_stored_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(FILE);
    let file = StateFile::new(&path, FEED, ENCLAVE);
    let kept = State {
        ledger: ledger(),
        window: window(),
        ..State::empty(FEED, ENCLAVE)
    };
    file.save(&kept).unwrap();
    let stored_today = fs::read_to_string(&path).unwrap();
    golden::update(FILE, &stored_today);
    let held = golden::read(FILE);
    let (frame, stored) = parts(&stored_today);
    let (held_frame, held_ledger) = parts(&held);
    golden::hold(FILE, &frame, &held_frame);
    assert_eq!(stored, held_ledger);

    fs::write(&path, held).unwrap();
    let state = file.read().unwrap();
    let mut expected = ledger();
    expected.stored();
    assert_eq!(state.ledger, expected);
    assert_eq!(state.window, window());
    assert_eq!((state.warning, state.is_damaged), (None, false));
}

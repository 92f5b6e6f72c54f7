//! Ledgers as other versions of the operator wrote them, held by `tests/golden`.

use std::collections::BTreeMap;

use super::*;
use crate::golden::{self, at};
use crate::sync::counts::Counts;
use crate::sync::ledger::{
    Course, Entry, Failure, Known, OpenSync, Overflow, Reading, State, Tries, Trouble,
};
use crate::sync::report::{Digest, ReportId};
use jiff::Timestamp;

/// A ledger in which nothing is left at its default.
const FULL: &str = "ledger.data";

/// A ledger without anything that may be left out.
const PLAIN: &str = "ledger-plain.data";

fn id(text: &str) -> ReportId {
    ReportId::new(text).unwrap()
}

pub fn owner() -> Owner {
    Owner {
        uid: "0d2c9c5e-3c61-4a54-a7a4-6f4f6d1b7c11".to_owned(),
        destination: "3f1d2c84-6a0b-4c57-9e3a-b2d7c1f08e65".to_owned(),
    }
}

/// A report in the enclave, as most are.
fn sent(digest: u64, filed_at: &str, labels: &[&str]) -> Entry {
    Entry {
        digest: Digest(digest),
        filed_at: at(filed_at),
        state: State::Sent,
        delivered: true,
        labels: labels.iter().map(|&tag| tag.to_owned()).collect(),
        csv: None,
        tries: None,
        handle: None,
    }
}

/// A report that is not in the enclave.
fn unsent(digest: u64, filed_at: &str, state: State) -> Entry {
    Entry {
        state,
        delivered: false,
        ..sent(digest, filed_at, &[])
    }
}

/// Two attempts in vain.
fn twice(first: &str, next: &str) -> Tries {
    Tries {
        attempts: 2,
        first: at(first),
        next: at(next),
    }
}

fn tried_twice() -> Tries {
    twice("2026-03-04T12:17:00.5Z", "2026-03-04T12:45:00.5Z")
}

/// Reports that wait for nothing, or for their CSV data only.
fn settled() -> Vec<(&'static str, Entry)> {
    vec![
        (
            "6n_wnmYvXNS6lA4-QbSlzA",
            sent(0, "2026-03-03T23:59:59Z", &["Fraud", "Cybercrime & more"]),
        ),
        // At the same time as the one before, and known to the enclave by its own id.
        (
            "6n_with-a-guid",
            Entry {
                handle: Some("a3c7de52-4f44-4d3e-8a1d-1d5b0f8f7c02".to_owned()),
                ..sent(u64::MAX, "2026-03-03T23:59:59Z", &[])
            },
        ),
        (
            "csv data pending",
            Entry {
                csv: Some(tried_twice()),
                ..sent(0x0123_4567_89ab_cdef, "2026-03-04T01:00:00Z", &["Fraud"])
            },
        ),
        (
            "csv data given up",
            Entry {
                csv: Some(Tries {
                    attempts: 5,
                    first: Timestamp::UNIX_EPOCH,
                    next: Timestamp::UNIX_EPOCH,
                }),
                ..sent(2, "2026-03-04T02:00:00Z", &["Überfall", "Fraud"])
            },
        ),
        (
            "without indicators",
            unsent(
                5,
                "2026-03-04T05:00:00Z",
                State::WithoutIndicators { rules: u64::MAX },
            ),
        ),
        (
            "without indicators by other rules",
            unsent(
                6,
                "2026-03-04T06:00:00Z",
                State::WithoutIndicators { rules: 7 },
            ),
        ),
    ]
}

/// Reports that are pending or failed.
fn unsettled() -> Vec<(&'static str, Entry)> {
    let tags_pending = |created| State::Accepted {
        handle: "7b0f4f0a-95f3-4c0e-9a57-0b1c5f1f2d10".to_owned(),
        created,
    };
    vec![
        (
            "tags pending, created",
            Entry {
                state: tags_pending(true),
                tries: Some(tried_twice()),
                ..sent(3, "2026-03-04T03:00:00Z", &[])
            },
        ),
        (
            "tags pending, updated",
            Entry {
                state: tags_pending(false),
                ..sent(4, "2026-03-04T04:00:00Z", &["Cybercrime & more"])
            },
        ),
        (
            "pending",
            unsent(7, "2026-03-04T07:00:00Z", State::Pending { known: false }),
        ),
        (
            "pending, known \u{1f512} \"quoted\"",
            Entry {
                state: State::Pending { known: true },
                tries: Some(tried_twice()),
                ..sent(8, "2026-03-04T08:00:00Z", &["Fraud"])
            },
        ),
        (
            "failed once",
            unsent(
                9,
                "2026-03-04T09:00:00Z",
                State::Failed(Box::new(Failure {
                    attempts: 1,
                    first: at("2026-03-04T12:31:00.123456789Z"),
                    next: at("2026-03-04T12:45:00.123456789Z"),
                    title: "A title, cut…".to_owned(),
                    reason: "TruSTAR answered 400: \"reportBody\"".to_owned(),
                })),
            ),
        ),
        (
            "set aside, in the enclave",
            Entry {
                state: State::Failed(Box::new(Failure {
                    attempts: 6,
                    first: at("2026-03-03T10:00:00Z"),
                    next: at("2026-03-05T11:00:00Z"),
                    title: String::new(),
                    reason: "its CSV data can't be had".to_owned(),
                })),
                ..sent(10, "2026-03-04T10:00:00Z", &["Fraud"])
            },
        ),
    ]
}

/// Every state, with every field that it can have.
fn reports() -> BTreeMap<ReportId, Entry> {
    let reports = settled().into_iter().chain(unsettled());
    reports.map(|(text, entry)| (id(text), entry)).collect()
}

/// What is expected of [`FULL`]. No field is left to a default: one that is added must be named here.
pub fn full() -> Ledger {
    let unseen = twice("2026-03-04T11:00:00Z", "2026-03-04T11:28:00Z");
    Ledger {
        owner: owner(),
        totals: Totals {
            syncs: 101,
            submitted: 102,
            failed: 103,
        },
        last_posted: Some(at("2026-03-04T10:00:00.001Z")),
        last_submitted: Some(at("2026-03-04T12:30:58.75Z")),
        course: Course {
            open: Some(OpenSync {
                started: at("2026-03-04T12:30:00.25Z"),
                listed_at: at("2026-03-04T12:29:59Z"),
                counts: Counts {
                    total: 1,
                    considered: 2,
                    matched: 3,
                    created: 4,
                    updated: 5,
                    unchanged: 6,
                    without_indicators: 7,
                    without_csv: 8,
                    failed: 9,
                    pending: 10,
                    backlog: 11,
                    indicators: golden::of_each_type(),
                },
            }),
            reading: Some(Reading {
                passes: 3,
                first: at("2026-03-04T12:00:00Z"),
                began: at("2026-03-04T12:30:00Z"),
                listed: 612,
                distrusted: true,
            }),
            known: Some(Known {
                count: 613,
                at: at("2026-03-04T12:15:00Z"),
            }),
            unseen: BTreeMap::from([
                (id("pending"), unseen),
                (
                    id("pending, known \u{1f512} \"quoted\""),
                    twice("2026-03-04T11:30:00Z", "2026-03-04T11:58:00Z"),
                ),
                (id("tags pending, updated"), unseen),
            ]),
            overflow: Some(Overflow {
                lookback: 86_400,
                forgotten_to: at("2026-03-03T12:00:00Z"),
            }),
            walked: None,
            restless: 2,
            trouble: Some(Trouble {
                unexpected: true,
                of_source: false,
                message: "TruSTAR answered 200 with a web page".to_owned(),
            }),
        },
        entries: reports(),
        changed: false,
    }
}

/// What is expected of [`PLAIN`].
fn plain() -> Ledger {
    Ledger {
        owner: owner(),
        totals: Totals {
            syncs: 1,
            submitted: 1,
            failed: 0,
        },
        last_posted: None,
        last_submitted: None,
        course: Course {
            open: None,
            reading: None,
            known: None,
            unseen: BTreeMap::new(),
            overflow: None,
            walked: None,
            restless: 0,
            trouble: None,
        },
        entries: BTreeMap::from([(
            id("6n_wnmYvXNS6lA4-QbSlzA"),
            sent(1, "2026-03-03T23:59:59Z", &[]),
        )]),
        changed: false,
    }
}

/// The JSON in a stored ledger.
fn inflated(data: &str) -> String {
    let mut json = String::new();
    let deflated = STANDARD.decode(data).unwrap();
    let mut deflated = DeflateDecoder::new(deflated.as_slice());
    deflated.read_to_string(&mut json).unwrap();
    json
}

/// Packs JSON as [`Ledger::encode`] does.
fn deflated(json: &str) -> String {
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::fast());
    deflate.write_all(json.as_bytes()).unwrap();
    STANDARD.encode(deflate.finish().unwrap())
}

/// Inflated, when it is compared: how well it is packed is the compressor's business, and no reader sees it.
#[test]
fn a_stored_ledger_is_read_as_it_was_meant_and_stored_as_it_was() {
    for (name, ledger) in [(FULL, full()), (PLAIN, plain())] {
        let stored_today = ledger.encode().unwrap();
        golden::update(name, &stored_today);
        let held = golden::read(name);
        golden::hold(name, &inflated(&stored_today), &inflated(&held));
        let read = Ledger::decode_trusted(&held, &owner());
        assert_eq!(read, Ok(ledger), "{name}");
    }
}

/// Rows that count the attempts at CSV data without saying when they were made, and fields of later versions.
#[test]
fn what_other_versions_leave_out_or_add_is_read() {
    let owner = r#"{"uid":"0d2c9c5e-3c61-4a54-a7a4-6f4f6d1b7c11","enclave":"3f1d2c84-6a0b-4c57-9e3a-b2d7c1f08e65"}"#;
    let json = format!(
        r#"{{"v":1,"owner":{owner},"totals":{{"syncs":4,"later":1}},"tags":["Fraud"],"rules":[],"reports":[
            ["a","AAAAAAAAAAE",1772582399,1,2,[0],"s"],["b","AAAAAAAAAAI",60,0,0,[],{{"p":false}}]
        ],"later":{{"x":1}},"more":{{"b":{{"later":1}}}}}}"#
    );
    let read = Ledger::decode_trusted(&deflated(&json), &super::golden::owner()).unwrap();
    let earlier = Entry {
        csv: Some(Tries {
            attempts: 2,
            first: Timestamp::UNIX_EPOCH,
            next: Timestamp::UNIX_EPOCH,
        }),
        ..sent(1, "2026-03-03T23:59:59Z", &["Fraud"])
    };
    let pending = unsent(2, "2026-03-04T00:00:59Z", State::Pending { known: false });
    let expected = Ledger {
        totals: Totals {
            syncs: 4,
            submitted: 0,
            failed: 0,
        },
        entries: BTreeMap::from([(id("a"), earlier), (id("b"), pending)]),
        ..plain()
    };
    assert_eq!(read, expected);
}

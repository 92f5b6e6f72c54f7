//! Statuses as users, alerts and other versions of the operator read them, held by `tests/golden/status.json`.

mod life;

use serde_json::{Map, Value};

use super::*;
use crate::golden::{self, at};
use crate::http::fault::{Fault, FaultKind, Service};
use crate::sync::counts::Counts;
use crate::sync::ledger::{Entry, Failure, Owner, State, Totals};
use crate::sync::report::ReportId;

const FILE: &str = "status.json";

fn told(text: &str) -> Time {
    Time(at(text))
}

/// An attempt that takes 10.2 s, of a feed that is synced every 15 minutes.
fn attempt(generation: i64, started: &str) -> Attempt<'static> {
    Attempt {
        generation,
        interval: Duration::from_mins(15),
        started: at(started),
        ended: at(started) + Duration::from_millis(10_200),
        requested_at: None,
        fresh: false,
        jitter: 0.5,
    }
}

/// An outcome that has nothing to tell but this.
fn outcome(conclusion: Conclusion, window: Window) -> Outcome {
    Outcome {
        conclusion,
        counts: None,
        continued: false,
        window,
        handled: None,
        continue_in: None,
        retry_in: None,
        notes: Vec::new(),
        given_up: None,
    }
}

fn fault(service: &'static Service, kind: FaultKind, message: &str) -> Conclusion {
    Conclusion::Fault(Fault {
        service,
        kind,
        message: message.to_owned(),
        retry_after: None,
    })
}

/// No two counts are equal, so that none is told in another's place.
fn counts() -> Counts {
    Counts {
        total: 1_200,
        considered: 500,
        matched: 310,
        created: 200,
        updated: 10,
        unchanged: 50,
        without_indicators: 190,
        without_csv: 4,
        failed: 2,
        pending: 48,
        backlog: 700,
        indicators: golden::of_each_type(),
    }
}

fn failed(attempts: u32, next: &str, title: &str) -> Entry {
    Entry {
        digest: Digest(0),
        filed_at: at("2026-03-04T09:00:00Z"),
        state: State::Failed(Box::new(Failure {
            attempts,
            first: at("2026-03-04T10:31:00Z"),
            next: at(next),
            title: title.to_owned(),
            reason: "TruSTAR answered 400: \"reportBody\"".to_owned(),
        })),
        delivered: false,
        labels: Vec::new(),
        csv: None,
        tries: None,
        handle: None,
    }
}

fn ledger() -> Ledger {
    let mut ledger = Ledger::new(Owner {
        uid: "0d2c9c5e-3c61-4a54-a7a4-6f4f6d1b7c11".to_owned(),
        destination: "3f1d2c84-6a0b-4c57-9e3a-b2d7c1f08e65".to_owned(),
    });
    ledger.totals = Totals {
        syncs: 101,
        submitted: 1_102,
        failed: 103,
    };
    ledger.last_posted = Some(at("2026-03-04T11:59:30.001Z"));
    ledger.last_submitted = Some(at("2026-03-04T12:00:09.9Z"));
    for (id, entry) in [
        (
            "6n_wnmYvXNS6lA4-QbSlzA",
            failed(2, "2026-03-04T12:14:09.7Z", "A title"),
        ),
        (
            "set aside",
            failed(6, "2026-03-05T11:00:00Z", "Another\ntitle"),
        ),
    ] {
        ledger.set(ReportId::new(id).unwrap(), entry);
    }
    ledger
}

#[test]
fn a_stored_status_is_read_as_it_was_meant_and_stored_as_it_was() {
    let told = life::steps().into_iter().map(|step| {
        (
            step.name.to_owned(),
            serde_json::to_value(step.made).unwrap(),
        )
    });
    let told: Map<String, Value> = told.collect();
    let stored_today = serde_json::to_string_pretty(&told).unwrap();
    golden::update(FILE, &stored_today);
    let held = golden::read(FILE);
    golden::hold(FILE, &stored_today, &held);
    let mut held: Map<String, Value> = serde_json::from_str(&held).unwrap();
    for life::Step { name, expected, .. } in life::steps() {
        let status: FlashpointFeedStatus =
            serde_json::from_value(held.remove(name).unwrap()).unwrap();
        assert_eq!(status, expected, "{name}");
    }
    assert!(held.is_empty(), "{held:?}");
}

//! How large a status gets, whatever comes from outside.

use super::*;
use crate::sync::ledger::{Entry, Failure, State};
use crate::sync::report::ReportId;

/// Whatever comes from outside, and in whatever language.
#[test]
fn a_status_stays_within_eight_kibibytes() {
    let mut ledger = ledger();
    let failing = |attempts| {
        State::Failed(Box::new(Failure {
            attempts,
            first: started(),
            next: ended(),
            title: "\u{2028}\"\\é".repeat(500),
            reason: "\u{1}\u{1b}[31m<b>".repeat(500),
        }))
    };
    for attempts in 0..30 {
        let id = ReportId::new(&format!("{attempts}-{}", "x".repeat(120))).unwrap();
        let entry = Entry {
            digest: Digest(0),
            filed_at: started(),
            state: failing(attempts),
            delivered: false,
            labels: Vec::new(),
            csv: None,
            tries: None,
            handle: None,
        };
        ledger.set(id, entry);
    }
    let mut conclusion = fault(&TRUSTAR, FaultKind::Unauthorized);
    if let Conclusion::Fault(fault) = &mut conclusion {
        fault.message = "\u{7f}\"\\\u{10ffff}".repeat(2_000);
    }
    let status = after_sync(
        &failed_before(1),
        &attempt(false),
        &outcome(conclusion),
        &ledger,
    );
    let tried: Vec<u32> = status
        .failures
        .iter()
        .map(|failure| failure.attempts)
        .collect();
    assert!(
        tried.starts_with(&[29, 28, 27, 26, 25]) && tried.len() <= 10,
        "{tried:?}"
    );
    let bytes = serde_json::to_string(&status).unwrap().len();
    assert!(bytes <= 8 * 1024, "{bytes}");
}

#[test]
fn a_long_request_is_told_by_its_beginning_and_digest() {
    assert_eq!(handled("2026-01-01T00:00:00Z"), "2026-01-01T00:00:00Z");
    assert_eq!(handled(&"é".repeat(128)), "é".repeat(128));
    let long = |end: &str| handled(&("é".repeat(100_000) + end));
    assert!(long("").len() <= MAX_REQUEST);
    assert!(long("").starts_with('é') && long("").contains("… digest:"));
    assert_ne!(long("a"), long("b"));
    assert_eq!(handled(&long("a")), long("a"));
}

#[test]
fn a_long_request_leaves_room_for_failures() {
    let mut ledger = ledger();
    let failure = Failure::after(None, started(), "title".into(), "reason".into());
    let entry = Entry {
        digest: Digest(1),
        filed_at: started(),
        state: State::Failed(Box::new(failure)),
        delivered: false,
        labels: Vec::new(),
        csv: None,
        tries: None,
        handle: None,
    };
    ledger.set(ReportId::new("id").unwrap(), entry);
    let request = handled(&"r".repeat(200_000));
    let attempt = Attempt {
        requested_at: Some(&request),
        ..attempt(false)
    };
    let status = after_sync(
        &failed_before(0),
        &attempt,
        &outcome(Conclusion::SyncedWithFailures),
        &ledger,
    );
    assert_eq!(status.failures.len(), 1);
    assert!(serde_json::to_vec(&status).unwrap().len() <= MAX_BYTES);
}

//! What is refused: one report, all of them, the credential, the place. One never stops the others, and who must act is told.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use flashpoint_operator::api::Reason;
use flashpoint_operator::destinations::reason;
use flashpoint_operator::http::fault::FaultKind;
use flashpoint_operator::sync::Conclusion;
use jiff::SignedDuration;
use serde_json::json;
use simulators::faults::{Fault, Reply};

use super::place::{CANARIES, Kind};
use super::stage::Stage;
use super::syncs::{FULL, parts};

over_each_destination!(
    one_refused_report_holds_up_no_other,
    one_report_that_breaks_the_service_holds_up_no_other,
    a_refused_edit_leaves_what_is_there,
    where_all_are_refused_the_service_is_at_fault,
    a_refused_credential_is_told,
    a_credential_that_is_refused_later_is_told,
    a_place_that_is_not_there_is_told,
    a_place_that_cannot_be_written_to_is_told,
    a_credential_that_a_service_repeats_is_shown_nowhere,
);

/// All but one of six reports get there, though each write of that one is answered so.
async fn all_but_one(stage: &mut Stage, answer: u16) {
    stage.put_many(6);
    let refused = stage.expected.remove("r3").unwrap();
    let struck = stage.place.writes().body("r3 v1");
    let number = stage.place.strike(struck, Reply::status(answer));
    let mut tries = 0;
    // Five attempts, over an hour: then it is set aside.
    loop {
        let outcome = stage.sync(FULL).await.unwrap();
        stage.assert_complete();
        if outcome.conclusion == Conclusion::SyncedWithFailures {
            assert_eq!(parts(&outcome.counts.unwrap())[3..], [1, 0]);
        }
        tries += 1;
        if tries == 6 {
            break;
        }
        stage.advance(SignedDuration::from_mins(15));
    }
    let ledger = stage.ledger();
    let failures: Vec<_> = ledger
        .failures()
        .map(|(id, ..)| id.as_str().to_owned())
        .collect();
    assert_eq!(failures, ["r3"]);
    stage.place.controls().faults.clear(number);
    stage.expected.insert("r3".to_owned(), refused);
    stage.settle().await;
}

async fn one_refused_report_holds_up_no_other(stage: &mut Stage) {
    all_but_one(stage, 422).await;
}

async fn one_report_that_breaks_the_service_holds_up_no_other(stage: &mut Stage) {
    all_but_one(stage, 500).await;
}

async fn a_refused_edit_leaves_what_is_there(stage: &mut Stage) {
    stage.put_many(3);
    stage.synced(FULL).await;
    let before = stage.expected.clone();
    stage.put("r1", "c");
    let struck = stage.place.writes().body("r1 v2");
    let number = stage.place.strike(struck, Reply::status(422));
    stage.sync(FULL).await.unwrap();
    let mut held = stage.place.holdings();
    // What an edit says of single indicators is taken by a collection, though the report itself is refused.
    let edited = held.get_mut("r1").unwrap();
    edited.domains.extend(before["r1"].domains.clone());
    assert_eq!(held, before);
    stage.place.controls().faults.clear(number);
    stage.settle().await;
}

async fn where_all_are_refused_the_service_is_at_fault(stage: &mut Stage) {
    stage.put_many(6);
    let number = stage.place.strike(stage.place.writes(), Reply::status(422));
    for _ in 0..7 {
        let fault = stage.faulted().await;
        assert_eq!(fault.kind, FaultKind::UnexpectedResponse, "{fault:?}");
        stage.advance(SignedDuration::from_mins(15));
    }
    assert_eq!(stage.ledger().failures().count(), 0);
    assert_eq!(
        stage.window.covered_to, None,
        "the window does not pass what is unsent"
    );
    stage.place.controls().faults.clear(number);
    stage.settle().await;
}

/// The reason that is told of the fault: TruSTAR's own, or that of any other destination.
async fn told(stage: &mut Stage, trustar: Reason, other: Reason) {
    let fault = stage.faulted().await;
    let expected = match stage.kind {
        Kind::Trustar => trustar,
        _ => other,
    };
    assert_eq!(reason(&fault), expected, "{fault:?}");
    assert_eq!(stage.ledger().failures().count(), 0);
}

async fn a_refused_credential_is_told(stage: &mut Stage) {
    stage.put_many(3);
    stage.place.admit(false);
    told(
        stage,
        Reason::TrustarUnauthorized,
        Reason::DestinationUnauthorized,
    )
    .await;
    assert_eq!(stage.place.written_since(0).len(), 0);
    stage.place.admit(true);
    stage.settle().await;
}

async fn a_credential_that_is_refused_later_is_told(stage: &mut Stage) {
    stage.put_many(3);
    stage.synced(FULL).await;
    stage.place.admit(false);
    stage.put("r1", "c");
    stage.put("new", "a");
    told(
        stage,
        Reason::TrustarUnauthorized,
        Reason::DestinationUnauthorized,
    )
    .await;
    stage.place.admit(true);
    stage.settle().await;
}

async fn a_place_that_is_not_there_is_told(stage: &mut Stage) {
    stage.put_many(3);
    stage.elsewhere = true;
    told(stage, Reason::EnclaveNotFound, Reason::DestinationNotFound).await;
    assert_eq!(stage.place.written_since(0).len(), 0);
    stage.elsewhere = false;
    stage.settle().await;
}

async fn a_place_that_cannot_be_written_to_is_told(stage: &mut Stage) {
    stage.put_many(3);
    stage.place.let_write(false);
    told(
        stage,
        Reason::EnclaveNotWritable,
        Reason::DestinationNotWritable,
    )
    .await;
    assert_eq!(stage.place.holdings().len(), 0);
    stage.place.let_write(true);
    stage.settle().await;
}

/// Whatever a service answers with the credential in it; `sync` looks at what is told, this at the log too.
async fn a_credential_that_a_service_repeats_is_shown_nowhere(stage: &mut Stage) {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
    let subscriber = subscriber.with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    tracing::info!("begun");
    stage.put_many(2);
    // The secret is TruSTAR's alone: the others know none.
    let [key, secret] = match stage.kind {
        Kind::Trustar => CANARIES,
        _ => [CANARIES[0]; 2],
    };
    let said = format!("no {key} and no {secret} here");
    let body = json!({"message": said, "title": said, "description": said, "errors": said, "error_description": said});
    for status in [200, 302, 400, 401, 403, 404, 409, 413, 422, 429, 500] {
        for struck in [stage.place.writes(), Fault::default()] {
            let number = stage
                .place
                .strike(struck, Reply::json(status, &body.to_string()));
            drop(stage.sync(FULL).await);
            stage.place.controls().faults.clear(number);
            stage.restart();
        }
        stage.advance(SignedDuration::from_mins(15));
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("begun"));
    assert!(!log.contains(key) && !log.contains(secret), "{log}");
    stage.settle().await;
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

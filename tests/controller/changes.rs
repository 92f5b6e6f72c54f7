//! What people change while a feed runs: forced syncs, suspension, edits.

use flashpoint_operator::api::{FlashpointFeed, FlashpointLedger, Reason};
use kube::api::{Patch, PatchParams};
use serde_json::json;
use simulators::faults::{Calls, Fault, Reply};
use simulators::trustar::{ENCLAVE, Enclave};

use crate::harness::{SOON, Stage, conditions, counts, message, reason, status, until};

const OTHER: &str = "other-enclave";

#[tokio::test]
async fn an_annotation_forces_a_sync_and_its_value_is_told() {
    let stage = Stage::new("forced").await;
    stage.telling_reports(4);
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    stage.until_synced("feed").await;
    stage.flashpoint.post();
    stage.request("feed", "one").await;
    let feed = stage.until_handled("feed", "one").await;
    assert_eq!((counts(&feed).created, counts(&feed).unchanged), (1, 4));
    stage.assert_clean();
    assert_eq!(stage.listings().len(), 2);
}

#[tokio::test]
async fn a_forced_sync_that_fails_is_handled_too() {
    let stage = Stage::new("forced-fails").await;
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    stage.until_synced("feed").await;
    stage
        .flashpoint
        .controls()
        .faults
        .set(Fault::on("GET", "/").reply(Reply::status(500)));
    stage.request("feed", "one").await;
    let feed = stage.until_handled("feed", "one").await;
    assert_eq!(reason(&feed), Some(Reason::FlashpointUnavailable));
}

#[tokio::test]
async fn a_sync_forced_while_one_runs_is_another() {
    let stage = Stage::new("forced-twice").await;
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    stage.until_synced("feed").await;
    let slow = Fault::on("GET", "/").delay(std::time::Duration::from_secs(1));
    stage.flashpoint.controls().faults.set(slow);
    stage.request("feed", "one").await;
    until("the first of both began", SOON, async || {
        (stage.listings().len() == 2).then_some(())
    })
    .await;
    stage.request("feed", "two").await;
    stage.until_handled("feed", "two").await;
    assert_eq!(stage.listings().len(), 3);
}

/// The page of the recipes says the same.
#[tokio::test]
async fn a_report_that_fails_for_good_is_skipped_and_taken_up_again() {
    let stage = Stage::new("skipped").await;
    stage.telling_reports(3);
    let id = stage.flashpoint.reports()[1].id.clone();
    let refused = Fault::on("POST", "/api/1.3/reports").body(&id);
    let refused = refused.calls(Calls::All).reply(Reply::status(422));
    let refused = stage.trustar.controls().faults.set(refused);
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    let feed = stage.until_reason("feed", Reason::SyncedWithFailures).await;
    assert_eq!(status(&feed).failures[0].id, id);

    stage.edit("feed", json!({"skip": [id]})).await;
    let feed = stage.until_reason("feed", Reason::Synced).await;
    assert!(status(&feed).failures.is_empty());
    assert!(
        message(&feed).ends_with("; 1 skipped by spec.skip"),
        "{}",
        message(&feed)
    );
    let told = counts(&feed);
    assert_eq!(
        (told.considered, told.unchanged, told.without_indicators),
        (3, 2, 1)
    );

    stage.trustar.controls().faults.clear(refused);
    stage.edit("feed", json!({"skip": null})).await;
    let feed = stage
        .until("feed", SOON, |feed| counts(feed).updated == 1)
        .await;
    assert_eq!(reason(&feed), Some(Reason::Synced));
    stage.assert_clean();
}

#[tokio::test]
async fn a_report_is_sent_once_more_by_annotation_and_its_ledger_stays() {
    let stage = Stage::new("resent").await;
    stage.telling_reports(3);
    let id = stage.flashpoint.reports()[1].id.clone();
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    stage.until_synced("feed").await;
    let ledger = stage.ledgers().get("feed").await.unwrap();
    let annotations = json!({"metadata": {"annotations": {
        "flashpoint-operator.dev/resend": format!(" {id}, unknown"),
        "flashpoint-operator.dev/requested-at": "one",
    }}});
    stage
        .feeds()
        .patch("feed", &PatchParams::default(), &Patch::Merge(annotations))
        .await
        .unwrap();
    let feed = stage.until_handled("feed", "one").await;
    assert_eq!((counts(&feed).updated, counts(&feed).unchanged), (1, 2));
    assert!(
        message(&feed).contains("1 report to be sent once more is not in the window that was read"),
        "{}",
        message(&feed)
    );
    assert_eq!(stage.upserts().len(), 4);
    let uid = |ledger: &FlashpointLedger| ledger.metadata.uid.clone();
    assert_eq!(
        uid(&stage.ledgers().get("feed").await.unwrap()),
        uid(&ledger)
    );
    // The annotation alone does nothing.
    stage.edit("feed", json!({"interval": "20m"})).await;
    let feed = stage
        .until("feed", SOON, |feed| counts(feed).unchanged == 3)
        .await;
    assert_eq!(counts(&feed).updated, 0);
    stage.assert_clean();
}

#[tokio::test]
async fn a_suspended_feed_rests_and_resumes_where_it_was() {
    let stage = Stage::new("suspended").await;
    stage.telling_reports(3);
    let operator = stage.operator().await;
    stage.feed("feed").await;
    let before = stage.until_synced("feed").await;
    stage.edit("feed", json!({"suspend": true})).await;
    let suspended = stage.until_reason("feed", Reason::Suspended).await;
    assert_eq!(conditions(&suspended), ["Ready=True"]);
    assert!(status(&suspended).next_sync_time.is_none());
    assert_eq!(status(&suspended).window, status(&before).window);
    assert!(operator.metrics().await.contains("feed_suspended"));

    stage.flashpoint.post();
    stage.request("feed", "while suspended").await;
    stage.fall_due("feed").await;
    stage.edit("feed", json!({"interval": "20m"})).await;
    stage.until_reason("feed", Reason::Suspended).await;
    assert_eq!(stage.listings().len(), 1);

    stage.edit("feed", json!({"suspend": false})).await;
    let resumed = stage.until_synced("feed").await;
    assert_eq!(counts(&resumed).created, 1);
    assert_eq!(
        status(&resumed).last_handled_reconcile_at.as_deref(),
        Some("while suspended")
    );
    assert_eq!(stage.listings().len(), 2);
    stage.assert_clean();
}

#[tokio::test]
async fn an_edited_interval_counts_at_once() {
    let stage = Stage::new("interval").await;
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    stage.until_synced("feed").await;
    stage.edit("feed", json!({"interval": "2h"})).await;
    let status = status(&stage.until_synced("feed").await);
    let pause = status
        .next_sync_time
        .unwrap()
        .0
        .duration_since(status.last_attempt_time.unwrap().0);
    assert_eq!(pause.as_secs(), 2 * 3_600);
}

#[tokio::test]
async fn what_exceeds_the_limit_follows_in_the_next_syncs() {
    let stage = Stage::new("limit").await;
    stage.telling_reports(12);
    let _operator = stage.operator().await;
    stage.feed_with("feed", json!({"limit": 5})).await;
    let first = stage.until_reason("feed", Reason::Draining).await;
    assert_eq!((counts(&first).created, counts(&first).backlog), (5, 7));
    assert_eq!(conditions(&first), ["Ready=True"]);
    assert!(status(&first).window.unwrap().since.is_some());
    assert!(stage.listings()[0].query().contains("limit=5&"));
    stage.fall_due("feed").await;
    let drained_more = |feed: &FlashpointFeed| counts(feed).backlog == 2;
    let second = stage.until("feed", SOON, drained_more).await;
    assert_eq!(status(&second).totals.submitted, 10);
    stage.edit("feed", json!({"limit": 400})).await;
    let last = stage.until_synced("feed").await;
    assert_eq!(status(&last).totals.submitted, 12);
    assert!(status(&last).window.unwrap().since.is_none());
    assert!(
        stage
            .listings()
            .iter()
            .any(|listing| listing.query().contains("limit=400&"))
    );
    stage.assert_clean();
}

#[tokio::test]
async fn an_edited_enclave_is_a_new_feed() {
    let stage = Stage::new("enclave").await;
    stage
        .trustar
        .configure(|settings| settings.enclaves.push(Enclave::writable(OTHER, "Other")));
    stage.telling_reports(5);
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    stage.until_synced("feed").await;
    stage.request("feed", "again").await;
    stage.until_handled("feed", "again").await;
    let first_truth = stage.flashpoint.truth();
    stage.flashpoint.post();
    stage.edit("feed", json!({"enclaveId": OTHER})).await;
    let feed = stage.until_synced("feed").await;
    assert_eq!(counts(&feed).created, 6);
    let totals = status(&feed).totals;
    assert_eq!((totals.syncs, totals.submitted), (1, 6));
    let verdict = stage
        .trustar
        .verdict(&[(ENCLAVE, first_truth), (OTHER, stage.flashpoint.truth())]);
    assert!(verdict.is_clean(), "{verdict:#?}");
    until("the event counts from the start", SOON, async || {
        let notes = stage
            .events("feed")
            .await
            .into_iter()
            .filter_map(|event| event.note);
        notes
            .into_iter()
            .find(|note| note == "wrote 6 reports to the enclave")
    })
    .await;
}

/// Even where the first attempt for the new enclave does not come to a sync.
#[tokio::test]
async fn a_new_enclave_inherits_no_totals_by_way_of_a_missing_secret() {
    let stage = Stage::new("inherit").await;
    stage
        .trustar
        .configure(|settings| settings.enclaves.push(Enclave::writable(OTHER, "Other")));
    stage.telling_reports(4);
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    stage.until_synced("feed").await;
    stage
        .edit(
            "feed",
            json!({"enclaveId": OTHER, "secretRef": {"name": "absent"}}),
        )
        .await;
    let waiting = stage.until_reason("feed", Reason::SecretNotFound).await;
    assert_eq!(status(&waiting).totals.submitted, 0);
    stage
        .edit(
            "feed",
            json!({"secretRef": {"name": crate::harness::SECRET}}),
        )
        .await;
    let feed = stage.until_synced("feed").await;
    assert_eq!(status(&feed).totals.submitted, 4);
    assert_eq!(status(&feed).totals.syncs, 1);
}

#[tokio::test]
async fn an_enclave_edited_in_mid_sync_gets_everything_and_the_old_one_nothing_more() {
    let stage = Stage::new("enclave-mid").await;
    stage
        .trustar
        .configure(|settings| settings.enclaves.push(Enclave::writable(OTHER, "Other")));
    stage.telling_reports(40);
    stage.slow_writes(150);
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    stage.until_upserts(4).await;
    stage.edit("feed", json!({"enclaveId": OTHER})).await;
    let feed = stage.until_synced("feed").await;
    assert_eq!(counts(&feed).created, 40);
    assert_eq!(stage.trustar.enclave(OTHER).len(), 40);
    let writes = stage.trustar.writes();
    let last_to_old = writes
        .iter()
        .rposition(|write| write.enclave_id == ENCLAVE)
        .unwrap();
    let first_to_new = writes
        .iter()
        .position(|write| write.enclave_id == OTHER)
        .unwrap();
    assert!(last_to_old < first_to_new);
    assert!(stage.trustar.enclave(ENCLAVE).len() < 40);
}

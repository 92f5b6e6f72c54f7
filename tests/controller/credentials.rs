//! Secrets, keys and rights: who must act is told, and what is mended is noticed.

use std::time::Duration;

use flashpoint_operator::api::Reason;
use serde_json::json;
use simulators::trustar::ENCLAVE;

use crate::harness::{Stage, conditions, message, status, watch_rules};

#[tokio::test]
async fn a_feed_waits_for_its_secret_and_syncs_when_it_appears() {
    let stage = Stage::new("no-secret").await;
    stage.telling_reports(3);
    stage.delete_secret().await;
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    let feed = stage.until_reason("feed", Reason::SecretNotFound).await;
    assert_eq!(conditions(&feed), ["Ready=False", "Reconciling=True"]);
    let expected = format!("secret {}/credentials does not exist", stage.namespace);
    assert!(message(&feed).starts_with(&expected), "{}", message(&feed));
    assert!(stage.flashpoint.controls().record.is_empty());
    stage.put_secret(&stage.keys()).await;
    stage.until_synced("feed").await;
    stage.assert_clean();
    assert_eq!(stage.listings().len(), 1);
}

#[tokio::test]
async fn a_secret_that_lacks_a_key_stalls_the_feed_until_it_is_added() {
    let stage = Stage::new("no-key").await;
    let mut keys = stage.keys();
    keys.as_object_mut()
        .unwrap()
        .shift_remove("trustar-api-secret");
    stage.put_secret(&keys).await;
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    let feed = stage.until_reason("feed", Reason::SecretKeyMissing).await;
    assert_eq!(conditions(&feed), ["Ready=False", "Stalled=True"]);
    assert!(
        message(&feed).contains("trustar-api-secret"),
        "{}",
        message(&feed)
    );
    assert!(stage.flashpoint.controls().record.is_empty());
    stage.put_secret(&stage.keys()).await;
    stage.until_synced("feed").await;
}

#[tokio::test]
async fn a_refused_flashpoint_key_is_not_tried_again_until_it_is_rotated() {
    let stage = Stage::new("bad-key").await;
    stage.telling_reports(2);
    let mut keys = stage.keys();
    keys["flashpoint-api-key"] = json!("revoked");
    stage.put_secret(&keys).await;
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    let feed = stage
        .until_reason("feed", Reason::FlashpointUnauthorized)
        .await;
    assert_eq!(conditions(&feed), ["Ready=False", "Stalled=True"]);
    let told = status(&feed);
    let pause = told
        .next_sync_time
        .unwrap()
        .0
        .duration_since(told.last_attempt_time.unwrap().0);
    assert!(pause.as_secs() >= 15 * 60, "{pause}");
    stage.put_secret(&stage.keys()).await;
    stage.until_synced("feed").await;
    stage.assert_clean();
    let keys: Vec<_> = stage
        .listings()
        .iter()
        .map(|listing| listing.header("authorization").unwrap().to_owned())
        .collect();
    assert_eq!(
        keys,
        [
            "Bearer revoked".to_owned(),
            format!("Bearer {}", stage.flashpoint.api_key())
        ]
    );
}

#[tokio::test]
async fn a_refused_trustar_credential_is_not_tried_again_until_it_is_rotated() {
    let stage = Stage::new("bad-secret").await;
    stage.telling_reports(2);
    let mut keys = stage.keys();
    keys["trustar-api-secret"] = json!("revoked");
    stage.put_secret(&keys).await;
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    let feed = stage
        .until_reason("feed", Reason::TrustarUnauthorized)
        .await;
    assert_eq!(conditions(&feed), ["Ready=False", "Stalled=True"]);
    assert_eq!(stage.trustar.controls().record.len(), 1);
    stage.put_secret(&stage.keys()).await;
    stage.until_synced("feed").await;
    stage.assert_clean();
}

/// An enclave's id that is wrong is mended by an edit.
#[tokio::test]
async fn an_enclave_that_the_credential_does_not_see_stalls_the_feed() {
    let stage = Stage::new("no-enclave").await;
    stage.telling_reports(2);
    let _operator = stage.operator().await;
    stage
        .feed_with("feed", json!({"enclaveId": "mistyped"}))
        .await;
    let feed = stage.until_reason("feed", Reason::EnclaveNotFound).await;
    assert_eq!(conditions(&feed), ["Ready=False", "Stalled=True"]);
    assert!(message(&feed).contains("mistyped"), "{}", message(&feed));
    assert!(stage.upserts().is_empty());
    stage.edit("feed", json!({"enclaveId": ENCLAVE})).await;
    stage.until_synced("feed").await;
    stage.assert_clean();
}

/// Rights that are granted are noticed by a forced sync.
#[tokio::test]
async fn an_enclave_that_may_not_be_written_to_stalls_the_feed() {
    let stage = Stage::new("read-only").await;
    stage.telling_reports(2);
    stage
        .trustar
        .configure(|settings| settings.enclaves[0].create = false);
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    let feed = stage.until_reason("feed", Reason::EnclaveNotWritable).await;
    assert_eq!(conditions(&feed), ["Ready=False", "Stalled=True"]);
    assert!(stage.upserts().is_empty());
    stage
        .trustar
        .configure(|settings| settings.enclaves[0].create = true);
    stage.request("feed", "granted").await;
    stage.until_synced("feed").await;
    stage.assert_clean();
}

/// A secret that belongs to another user of TruSTAR may see another enclave.
#[tokio::test]
async fn a_feed_that_is_stalled_by_its_enclave_notices_another_secret() {
    let stage = Stage::new("other-user").await;
    stage.telling_reports(2);
    let writable = stage.trustar.credential().unwrap();
    stage
        .trustar
        .configure(|settings| settings.enclaves.clear());
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    stage.until_reason("feed", Reason::EnclaveNotFound).await;
    stage.trustar.configure(|settings| {
        settings.enclaves = simulators::trustar::Settings::default().enclaves;
        settings.credentials = vec![simulators::trustar::Credential {
            secret: "another".to_owned(),
            ..writable
        }];
    });
    stage.put_secret(&stage.keys()).await;
    stage.until_synced("feed").await;
    stage.assert_clean();
}

#[tokio::test]
async fn a_secret_that_may_not_be_read_is_told_with_the_right_to_give_and_costs_little() {
    let stage = Stage::new("secret-403").await;
    stage.telling_reports(2);
    stage.forbid("secrets").await;
    let operator = stage.operator().await;
    stage.feed("feed").await;
    let feed = stage.until_reason("feed", Reason::SecretUnavailable).await;
    assert_eq!(conditions(&feed), ["Ready=False", "Reconciling=True"]);
    let message = message(&feed);
    assert!(message.contains("credentials may not be read"), "{message}");
    assert!(message.contains("`get` on `secrets`"), "{message}");
    let mark = stage.audit.mark();
    tokio::time::sleep(Duration::from_secs(22)).await;
    let calls = stage.audit.calls_since(mark);
    let reads = calls.iter().filter(|call| call.resource == "secrets");
    assert!(reads.count() <= 3, "{calls:?}");
    let log = operator.log();
    assert_eq!(log.matches("\"WARN\"").count(), 0, "{log}");
    stage.allow(&watch_rules()).await;
    stage.until_synced("feed").await;
    stage.assert_clean();
}

/// A figure, by hand: it takes seven minutes.
#[tokio::test]
#[ignore = "takes seven minutes"]
async fn a_thousand_feeds_that_wait_for_their_secret_ask_little() {
    let stage = Stage::new("thousand").await;
    stage.delete_secret().await;
    let _operator = stage.operator().await;
    for number in 0..1_000 {
        stage.feed(&format!("feed-{number}")).await;
    }
    let waiting = Reason::SecretNotFound;
    stage.until_reason("feed-999", waiting).await;
    let gets_in_a_minute = async || {
        let mark = stage.audit.mark();
        tokio::time::sleep(Duration::from_mins(1)).await;
        let calls = stage.audit.calls_since(mark);
        calls
            .iter()
            .filter(|call| call.resource == "secrets")
            .count()
    };
    let first = gets_in_a_minute().await;
    tokio::time::sleep(Duration::from_mins(4)).await;
    let later = gets_in_a_minute().await;
    println!("secrets asked for in a minute: at first {first}, after five minutes {later}");
    assert!(later <= 20 * 60, "{later}");
}

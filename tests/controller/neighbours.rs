//! Feeds side by side: none holds up another, none writes where another should.

use flashpoint_operator::api::{FlashpointFeed, Reason};
use kube::ResourceExt as _;
use kube::api::ListParams;
use serde_json::json;
use simulators::faults::{Fault, Reply};
use simulators::trustar::{ENCLAVE, Enclave, Scope};

use crate::harness::{SOON, Stage, message, reason, until};

const OTHER: &str = "other-enclave";

#[tokio::test]
async fn many_feeds_are_synced_and_one_that_hangs_holds_up_none() {
    let stage = Stage::new("many").await;
    stage.telling_reports(3);
    let hanging = Fault::on("GET", "/api/v4/")
        .query("limit=77&")
        .reply(Reply::Hang);
    stage.flashpoint.controls().faults.set(hanging);
    let _operator = stage.starting().args(&["--concurrency", "3"]).here().await;
    stage
        .feed_with("hanging", json!({"limit": 77, "timeout": "2m"}))
        .await;
    until("one feed hangs", SOON, async || {
        (stage.listings().len() == 1).then_some(())
    })
    .await;
    for number in 0..12 {
        stage.feed(&format!("feed-{number}")).await;
    }
    for number in 0..12 {
        stage.until_synced(&format!("feed-{number}")).await;
    }
    assert_eq!(reason(&stage.get("hanging").await), None);
    stage.assert_clean();
    let feeds = stage.feeds().list(&ListParams::default()).await.unwrap();
    let told = |feed: &FlashpointFeed| reason(feed) == Some(Reason::Synced);
    assert_eq!(feeds.iter().filter(|feed| told(feed)).count(), 12);
}

#[tokio::test]
async fn one_feeds_wrong_key_is_no_other_feeds_concern() {
    let stage = Stage::new("strangers").await;
    stage.telling_reports(3);
    let secrets: kube::Api<k8s_openapi::api::core::v1::Secret> =
        kube::Api::namespaced(stage.client.clone(), &stage.namespace);
    let mut keys = stage.keys();
    keys["flashpoint-api-key"] = json!("revoked");
    let secret = json!({"metadata": {"name": "revoked"}, "stringData": keys});
    secrets
        .create(
            &kube::api::PostParams::default(),
            &serde_json::from_value(secret).unwrap(),
        )
        .await
        .unwrap();
    let _operator = stage.operator().await;
    stage
        .feed_with("stranger", json!({"secretRef": {"name": "revoked"}}))
        .await;
    stage.feed("feed").await;
    stage
        .until_reason("stranger", Reason::FlashpointUnauthorized)
        .await;
    stage.until_synced("feed").await;
    stage.assert_clean();
}

#[tokio::test]
async fn two_feeds_of_one_credential_fill_an_enclave_each() {
    let stage = two_enclaves("two", Scope::CompanyAndEnclave).await;
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    stage.feed_with("other", json!({"enclaveId": OTHER})).await;
    stage.until_synced("feed").await;
    stage.until_synced("other").await;
    let truth = stage.flashpoint.truth();
    let verdict = stage
        .trustar
        .verdict(&[(ENCLAVE, truth.clone()), (OTHER, truth)]);
    assert!(verdict.is_clean(), "{verdict:#?}");
}

/// Where an external id is unique in the company, the second feed would take the reports away from the first.
#[tokio::test]
async fn a_feed_whose_reports_would_land_in_another_enclave_stalls() {
    let stage = two_enclaves("conflict", Scope::Company).await;
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    stage.until_synced("feed").await;
    stage.feed_with("other", json!({"enclaveId": OTHER})).await;
    let other = stage
        .until_reason("other", Reason::ExternalIdConflict)
        .await;
    assert!(message(&other).contains(OTHER), "{}", message(&other));
    assert!(stage.trustar.enclave(OTHER).is_empty());
    stage.request("feed", "still fine").await;
    let feed = stage.until_handled("feed", "still fine").await;
    assert_eq!(reason(&feed), Some(Reason::Synced));
    stage.assert_clean();
}

/// The process that starts then remembers nothing of the enclave of before.
#[tokio::test]
async fn an_enclave_edited_while_no_operator_runs_is_found_out() {
    let stage = two_enclaves("edited", Scope::Company).await;
    let operator = stage.operator().await;
    stage.feed("feed").await;
    stage.until_synced("feed").await;
    operator.kill();
    stage.edit("feed", json!({"enclaveId": OTHER})).await;
    let _operator = stage.operator().await;
    let feed = stage.until_reason("feed", Reason::ExternalIdConflict).await;
    assert!(message(&feed).contains(OTHER), "{}", message(&feed));
    assert!(stage.trustar.enclave(OTHER).is_empty());
}

/// What the process remembers of a feed that strayed is no other feed's fault.
#[tokio::test]
async fn a_mistake_that_was_mended_stalls_nobody() {
    let stage = two_enclaves("mended", Scope::Company).await;
    let operator = stage.operator().await;
    stage.feed("feed").await;
    stage.until_synced("feed").await;
    operator.kill();
    let _operator = stage.operator().await;
    stage
        .feed_with("mistake", json!({"enclaveId": OTHER}))
        .await;
    stage
        .until_reason("mistake", Reason::ExternalIdConflict)
        .await;
    stage.delete("mistake").await;
    for report in stage.flashpoint.reports() {
        stage.flashpoint.edit(&report.id, |fields| {
            fields.insert("title".into(), "edited".into());
        });
    }
    stage.request("feed", "one").await;
    let feed = stage.until_handled("feed", "one").await;
    assert_eq!(reason(&feed), Some(Reason::Synced), "{}", message(&feed));
}

async fn two_enclaves(prefix: &str, scope: Scope) -> Stage {
    let stage = Stage::new(prefix).await;
    stage.telling_reports(4);
    stage.trustar.configure(|settings| {
        settings.enclaves.push(Enclave::writable(OTHER, "Other"));
        settings.scope = scope;
    });
    stage
}

#[tokio::test]
async fn only_the_namespaces_that_are_named_are_watched() {
    let stage = Stage::new("named").await;
    let second = Stage::new("named-too").await;
    let third = Stage::new("not-named").await;
    let cluster = crate::harness::cluster().await;
    cluster.authorize(&stage.namespace, &second.namespace).await;
    stage.telling_reports(2);
    let _operator = stage
        .starting()
        .args(&[
            "--watch-namespace",
            &second.namespace,
            "--watch-namespace",
            &second.namespace,
        ])
        .here()
        .await;
    for stage in [&third, &second, &stage] {
        stage.feed("feed").await;
    }
    stage.until_synced("feed").await;
    let other = second.until_synced("feed").await;
    assert_eq!(other.namespace(), Some(second.namespace.clone()));
    assert_eq!(reason(&third.get("feed").await), None);
    // Also where one is named twice.
    assert_eq!(stage.listings().len(), 2);
    let calls = stage.audit.calls_since(0);
    assert!(
        calls
            .iter()
            .all(|call| call.namespace != third.namespace && !call.namespace.is_empty()),
        "{calls:?}"
    );
}
